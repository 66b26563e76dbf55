"""Pad bits behind the raw fields of a row are not zero."""

from __future__ import annotations

from conformance.make.floats.f32 import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "floats/f32", model(), "forbidden-value segment", faults={"segment.raw": change(15, 0x80)}
    )
