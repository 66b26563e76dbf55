"""|level| * m of 2^53 or more in f64."""

from __future__ import annotations

from conformance.make.uniform.f64 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "uniform/f64",
        model(),
        "forbidden-value reconstruction",
        faults={"group.step_mantissa": (16777215, 16777215, 16777215)},
    )
