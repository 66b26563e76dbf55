"""Symbols that no segment holds."""

from __future__ import annotations

from conformance.make.segment.several import model
from conformance.make.vector import Vector, broken, without


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/several",
        model(),
        "malformed segment",
        faults={"group.segment_count": 3},
        arrange=without("segment3"),
        at="segment2",
    )
