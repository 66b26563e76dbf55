"""The flag inherits skeleton in a model without root."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "malformed structure",
        faults={"structure.flags": 4},
    )
