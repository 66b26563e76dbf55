"""A sparse group without the feature bit of sparse segments."""

from __future__ import annotations

from conformance.make.dom.sparse_one import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/sparse_one",
        model(),
        "malformed parameters",
        faults={"header.required_features": 1},
        at="group",
        roots=("dom/root_grid",),
    )
