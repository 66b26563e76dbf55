"""The last tensor is in no group."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, without


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed parameters", arrange=without("group1"), at="model_end"
    )
