"""A stored unit, not the last, of a size that is no multiple of 64."""

from __future__ import annotations

from conformance.make.stored.aligned import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    faulty = model()
    faulty.groups[0].pieces = [64, 120, 44]
    return broken("stored/aligned", faulty, "forbidden-value segment", at="stored1.data")
