"""An end unit of 15 bytes."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "malformed container", faults={"end.extra": -1})
