"""256 in u8."""

from __future__ import annotations

from conformance.make.integers.u8_one import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "integers/u8_one", model(), "forbidden-value reconstruction", faults={"group.hybrid_lsb": 0}
    )
