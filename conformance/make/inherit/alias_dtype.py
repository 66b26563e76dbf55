"""An inherited alias in another dtype than its target."""

from __future__ import annotations

from conformance.make.inherit.alias import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/alias",
        model(),
        "malformed structure",
        faults={"structure.inherited_dtype": (0, 17, 0)},
        roots=("dom/root_grid",),
    )
