"""A byte after the last table."""

from __future__ import annotations

from conformance.make.segment.lanes_1 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/lanes_1",
        model(),
        "malformed parameters",
        faults={"group.tables": lambda data: data + b"\0"},
    )
