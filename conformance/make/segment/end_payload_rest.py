"""Bits of the end states beyond the side stream are not zero."""

from __future__ import annotations

from conformance.make.segment.end_payload_short import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    faulty = model()
    faulty.groups[0].ends = lambda ends: [*ends[:-1], ends[-1] | 0x8000]
    return broken(
        "segment/end_payload_short", faulty, "forbidden-value segment", at="segment.states"
    )
