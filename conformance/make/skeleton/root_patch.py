"""A piece of kind 3, root patch."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "unsupported structure",
        faults={"skeleton.piece_kind": (0, 1, 3)},
    )
