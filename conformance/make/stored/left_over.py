"""A byte after the last stored tensor."""

from __future__ import annotations

from conformance.make.stored.aligned import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "stored/aligned",
        model(),
        "malformed segment",
        faults={"stored2.data": lambda data: data + b"\0"},
    )
