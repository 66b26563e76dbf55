"""A class of 64."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector; level 2, for the table of 65 tokens."""
    faulty = replace(model(), level=2)
    faulty.groups[0].hows[0].classes[1] = [0, 0, 64]
    return broken("example/worked", faulty, "forbidden-value segment", at="segment.states")
