"""A sparse group that is not predicted."""

from __future__ import annotations

from conformance.make.dom.sparse_long import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/sparse_long",
        model(),
        "forbidden-value parameters",
        faults={"group.flags": 2},
        roots=("dom/root_long",),
    )
