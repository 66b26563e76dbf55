"""Required feature bit 0 is set."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/small",
        model(),
        "unsupported container",
        faults={"header.required_features": 1 << 0},
    )
