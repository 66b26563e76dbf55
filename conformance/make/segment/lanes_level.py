"""2048 lanes in level 1."""

from __future__ import annotations

from conformance.make.segment.lanes_2048 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/lanes_2048",
        model(),
        "forbidden-value segment",
        faults={"header.level": 1},
        at="segment.lanes_log2",
    )
