"""A file of 1 TiB."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "limit-exceeded structure",
        faults={"skeleton.file_size": (1 << 40,)},
    )
