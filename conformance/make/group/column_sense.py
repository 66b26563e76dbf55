"""A step axis in a float group."""

from __future__ import annotations

from conformance.make.floats.f32 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("floats/f32", model(), "malformed parameters", faults={"group.step_axis": (1,)})
