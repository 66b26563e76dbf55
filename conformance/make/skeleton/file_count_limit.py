"""More files than any caller wants."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "limit-exceeded structure",
        faults={"skeleton.file_count": (1 << 32) - 1},
    )
