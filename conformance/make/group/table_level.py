"""70 tables in level 1."""

from __future__ import annotations

from conformance.make.tables.level_2 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "tables/level_2",
        model(),
        "forbidden-value parameters",
        faults={"header.level": 1},
        at="group.table_count",
    )
