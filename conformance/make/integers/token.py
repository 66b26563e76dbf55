"""A token that means a value of 2^32 or more."""

from __future__ import annotations

from conformance.make.integers.u32_top import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "integers/u32_top", model(), "forbidden-value segment", faults={"group.hybrid_lsb": 0}
    )
