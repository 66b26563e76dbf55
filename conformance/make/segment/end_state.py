"""A lane that ends in state 65537."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    faulty = model()
    faulty.groups[0].ends = lambda ends: [ends[0], ends[1] + 1]
    return broken("example/worked", faulty, "integrity segment", at="segment1.states")
