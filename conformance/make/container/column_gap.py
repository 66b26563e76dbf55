"""A gap byte before a column is not zero."""

from __future__ import annotations

from conformance.make.uniform.f32_axis import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "uniform/f32_axis",
        model(),
        "forbidden-value parameters",
        faults={"group.step_mantissa.gap": change(0, 1)},
    )
