"""One byte of files more than the caller allows."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "limit/files_exact",
        model(),
        "limit-exceeded structure",
        limits={"output_bytes": 155},
        at="skeleton.file_size",
    )
