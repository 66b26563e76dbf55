"""A literal byte is another than its file had."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "integrity identity",
        faults={"literals.data": change(20, 1)},
    )
