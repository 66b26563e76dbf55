"""A group that needs tables, without the column that holds them."""

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
        faults={"group.tables": DROP},
        at="group",
    )
