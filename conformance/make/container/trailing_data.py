"""A byte after the end unit."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "trailing-data container", faults={"file.tail": b"\0"})
