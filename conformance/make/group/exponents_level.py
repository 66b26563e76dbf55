"""More exponents than the tokens of level 1 allow."""

from __future__ import annotations

from conformance.make.floats.f32 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "floats/f32", model(), "forbidden-value parameters", faults={"group.exponent_count": 16}
    )
