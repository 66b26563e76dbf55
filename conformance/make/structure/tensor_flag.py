"""A reserved tensor flag."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "unsupported structure",
        faults={"structure.tensor_flags": (0, 4)},
    )
