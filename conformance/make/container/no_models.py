"""A model_count of 0."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/small", model(), "forbidden-value container", faults={"header.model_count": 0}
    )
