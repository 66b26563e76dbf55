"""A permutation of another rank than its tensor."""

from __future__ import annotations

from conformance.make.skeleton.pieces import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/pieces",
        model(),
        "malformed structure",
        faults={"skeleton.permutation_rank": (3,), "skeleton.permutation_axes": (2, 1, 0)},
    )
