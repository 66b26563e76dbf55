"""More changes than elements."""

from __future__ import annotations

from conformance.make.dom.sparse_all import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/sparse_all",
        model(),
        "malformed segment",
        faults={"segment.count": 23},
        roots=("dom/root_grid",),
    )
