"""An alias that ends beyond its tensor."""

from __future__ import annotations

from conformance.make.structure.alias import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/alias", model(), "malformed structure", faults={"structure.alias_offset": (0, 9)}
    )
