"""The last byte of the raw fields and side bits is missing."""

from __future__ import annotations

from conformance.make.floats.f64 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("floats/f64", model(), "malformed segment", faults={"segment.side": b""})
