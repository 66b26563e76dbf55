"""A file name with a parent folder."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "forbidden-value structure",
        faults={"skeleton.file_name_text": b"../.safetensors.."},
    )
