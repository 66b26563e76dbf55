"""low_zero_rows of 2."""

from __future__ import annotations

from conformance.make.floats.low_zero import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "floats/low_zero",
        model(),
        "forbidden-value parameters",
        faults={"group.low_zero_rows": (2,)},
    )
