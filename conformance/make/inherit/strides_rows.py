"""More strides than an inherited view has axes."""

from __future__ import annotations

from conformance.make.inherit.view_inherited import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/view_inherited",
        model(),
        "malformed structure",
        faults={"structure.alias_strides": (1, 2, 1)},
        roots=("dom/root_tied",),
    )
