"""A name shares more bytes than the one before has."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed structure", faults={"structure.name_shared": (0, 2)}
    )
