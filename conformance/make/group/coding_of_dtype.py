"""Coding float of an integer dtype."""

from __future__ import annotations

from conformance.make.floats.f32 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "floats/f32",
        model(),
        "forbidden-value parameters",
        faults={"group.dtype": 7, "structure.dtype": (7,)},
    )
