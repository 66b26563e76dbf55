"""Tables without the column that says which context has which."""

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
        faults={"group.table_map": DROP},
        at="group",
    )
