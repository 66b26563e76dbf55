"""An idle lane in another state than 65536."""

from __future__ import annotations

from conformance.make.segment.idle_lanes import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    faulty = model()
    faulty.groups[0].ends = lambda ends: [*ends[:-1], 70000]
    return broken("segment/idle_lanes", faulty, "integrity segment", at="segment.states")
