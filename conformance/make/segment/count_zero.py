"""A segment of no symbols."""

from __future__ import annotations

from conformance.make.segment.several import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/several", model(), "forbidden-value segment", faults={"segment2.count": 0}
    )
