"""An alias of a tensor that is not there."""

from __future__ import annotations

from conformance.make.structure.alias import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/alias", model(), "malformed structure", faults={"structure.alias_of": (2, 0, 4)}
    )
