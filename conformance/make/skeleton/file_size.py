"""file_size is not the sum of the pieces."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "malformed structure",
        faults={"skeleton.file_size": lambda sizes: [sizes[0] + 1]},
    )
