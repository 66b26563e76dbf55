"""A byte after the words of a map segment."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "malformed segment", faults={"segment.extra": b"\0"})
