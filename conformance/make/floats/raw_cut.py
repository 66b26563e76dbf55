"""Half of the raw fields are missing."""

from __future__ import annotations

from conformance.make.floats.f64 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("floats/f64", model(), "malformed segment", faults={"segment.extra": -40})
