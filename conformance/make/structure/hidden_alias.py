"""An alias that is hidden."""

from __future__ import annotations

from conformance.make.structure.alias import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/alias",
        model(),
        "forbidden-value structure",
        faults={"structure.tensor_flags": (1, 0, 0)},
    )
