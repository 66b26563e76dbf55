"""|level| * m of 2^24 or more."""

from __future__ import annotations

from conformance.make.uniform.f32_extremes import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "uniform/f32_extremes",
        model(),
        "forbidden-value reconstruction",
        faults={"group.step_mantissa": (1, 1, 2)},
    )
