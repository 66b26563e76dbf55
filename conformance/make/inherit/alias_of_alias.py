"""An alias of a view of an inherited tensor."""

from __future__ import annotations

from conformance.make.inherit.view import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/view",
        model(),
        "malformed structure",
        faults={"structure.alias_of": (0, 0, 0, 3, 4)},
        roots=("dom/root_grid",),
    )
