"""More tensors than any caller wants."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "limit-exceeded structure",
        faults={"structure.tensor_count": (1 << 32) - 1},
    )
