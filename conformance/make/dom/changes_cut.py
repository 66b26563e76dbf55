"""A sparse segment that ends inside its numbers of changes."""

from __future__ import annotations

from conformance.make.dom.sparse_none import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/sparse_none",
        model(),
        "malformed segment",
        faults={"segment.extra": -6},
        roots=("dom/root_grid",),
    )
