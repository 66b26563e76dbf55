"""A segment that ends beyond its group."""

from __future__ import annotations

from conformance.make.segment.several import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("segment/several", model(), "malformed segment", faults={"segment3.count": 23})
