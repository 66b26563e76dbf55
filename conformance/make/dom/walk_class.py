"""A walk class without tables."""

from __future__ import annotations

from conformance.make.dom.sparse_one import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/sparse_one",
        model(),
        "forbidden-value parameters",
        faults={"group.table_map": (1,)},
        roots=("dom/root_grid",),
    )
