"""The skeleton that the structure announces is missing."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "malformed container",
        faults={"structure.flags": 8},
        seen="group",
    )
