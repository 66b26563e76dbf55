"""A group with column 14, prediction, as an ancillary column: reserved all the same."""

from __future__ import annotations

from conformance.make.container.unknown_column import scalar
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "group/column_unknown",
        scalar(),
        "unsupported parameters",
        faults={"group.unknown.id": 14, "group.unknown": b"new", "group.unknown.flags": 1},
    )
