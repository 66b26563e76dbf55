"""The column dropped in a DoM that lists its tensors."""

from __future__ import annotations

from conformance.make.dom.sparse_one import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/sparse_one",
        model(),
        "malformed structure",
        faults={"structure.dropped": (0,)},
        roots=("dom/root_grid",),
    )
