"""The digest of a file is another."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "integrity identity",
        faults={"skeleton.file_digest": change(0, 1)},
    )
