"""A view of a structure that inherits, without strides."""

from __future__ import annotations

from conformance.make.inherit.view_inherited import model
from conformance.make.vector import Vector, broken
from conformance.make.writer import DROP


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/view_inherited",
        model(),
        "malformed structure",
        faults={"structure.alias_strides": DROP},
        at="structure",
        roots=("dom/root_tied",),
    )
