"""A file name of no bytes."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken
from conformance.make.writer import DROP


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "forbidden-value structure",
        faults={"skeleton.file_name_length": (0,), "skeleton.file_name_text": DROP},
    )
