"""A view that reaches beyond its tensor."""

from __future__ import annotations

from conformance.make.structure.view import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/view",
        model(),
        "malformed structure",
        faults={"structure.alias_strides": change(1, 8)},
    )
