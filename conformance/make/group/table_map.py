"""A context that maps to a table that is not there."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "forbidden-value parameters",
        faults={"group.table_map": change(63, 3)},
    )
