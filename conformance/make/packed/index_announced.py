"""A packed stream that announces an index."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        faults={"header.flags": 1},
        seen="packed.tail",
    )
