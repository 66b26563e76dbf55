"""One tensor more than the caller allows."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "limit/exact",
        model(),
        "limit-exceeded structure",
        limits={"tensors": 1},
        at="structure.tensor_count",
    )
