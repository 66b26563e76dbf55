"""A group with elements and without tables."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken
from conformance.make.writer import DROP


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "malformed parameters",
        faults={
            "group.table_count": 0,
            "group.root_classes": 0,
            "group.table_map": DROP,
            "group.tables": DROP,
        },
    )
