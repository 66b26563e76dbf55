"""A level of 2^31."""

from __future__ import annotations

from conformance.make.uniform.f32_extremes import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    faulty = model()
    faulty.groups[0].hows[0].levels = [1, -1, 1 << 31]
    verdict = "forbidden-value reconstruction"
    return broken("uniform/f32_extremes", faulty, verdict, at="segment.states")
