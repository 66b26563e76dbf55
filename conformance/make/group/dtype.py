"""A group of another dtype than its tensor."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "malformed parameters", faults={"group.dtype": 17})
