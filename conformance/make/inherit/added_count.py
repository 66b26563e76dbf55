"""More tensors added than there are."""

from __future__ import annotations

from conformance.make.inherit.renamed import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/renamed",
        model(),
        "malformed structure",
        faults={"structure.added_count": 4},
        roots=("dom/root_grid",),
    )
