"""A token after the escape."""

from __future__ import annotations

from conformance.make.floats.f16 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "floats/f16", model(), "forbidden-value segment", faults={"group.exponent_count": 1}
    )
