"""An end state that holds more than 16 bits."""

from __future__ import annotations

from conformance.make.segment.end_payload_long import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    faulty = model()
    faulty.groups[0].ends = lambda ends: [ends[0], ends[1] + 65536]
    return broken("segment/end_payload_long", faulty, "integrity segment", at="segment.states")
