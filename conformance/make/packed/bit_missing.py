"""A packed stream without its feature bit."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        faults={"header.required_features": 0},
    )
