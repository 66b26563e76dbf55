"""A sparse group of f64."""

from __future__ import annotations

from conformance.make.dom.chain_3 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/chain_3",
        model(),
        "forbidden-value parameters",
        faults={"group.flags": 3},
        roots=("dom/root_grid", "dom/chain_2", "dom/root_f32", "dom/sparse_one"),
    )
