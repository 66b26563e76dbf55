"""The model end counts a tensor more."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed identity", faults={"model_end.tensor_count": 3}
    )
