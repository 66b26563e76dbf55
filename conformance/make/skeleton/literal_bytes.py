"""literal_bytes is not the sum of the literal pieces."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "malformed structure",
        faults={"skeleton.literal_bytes": lambda size: size + 1},
    )
