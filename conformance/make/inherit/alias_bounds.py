"""An alias that reaches beyond an inherited tensor."""

from __future__ import annotations

from conformance.make.inherit.alias import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/alias",
        model(),
        "malformed structure",
        faults={"structure.alias_offset": (17,)},
        roots=("dom/root_grid",),
    )
