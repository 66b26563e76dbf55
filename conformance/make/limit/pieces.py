"""One piece of a skeleton more than the caller allows tensors."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "limit/exact",
        model(),
        "limit-exceeded structure",
        limits={"tensors": 2},
        at="skeleton.piece_count",
    )
