"""The feature bit of packed units in a stream that is not packed."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/small",
        model(),
        "malformed container",
        faults={"header.required_features": 1 << 8},
    )
