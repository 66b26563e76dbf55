"""A context_bias of 4096."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "forbidden-value parameters",
        faults={"group.context_bias": (8192,)},
    )
