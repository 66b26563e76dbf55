"""22 zero low bits in a map of f32 rows."""

from __future__ import annotations

from conformance.make.floats.low_zero_rows import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector: the row of zeros gets one more than M - 2."""
    faulty = model()
    faulty.groups[0].hows[0].low_zero = [20, 22, 0, 21]
    return broken("floats/low_zero_rows", faulty, "forbidden-value segment", at="segment.states")
