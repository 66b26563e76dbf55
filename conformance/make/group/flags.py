"""Bit 2 of the flags of a group, reserved."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "unsupported parameters", faults={"group.flags": 4})
