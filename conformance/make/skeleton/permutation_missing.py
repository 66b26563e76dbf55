"""A hole with a permutation that is not there."""

from __future__ import annotations

from conformance.make.skeleton.pieces import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/pieces",
        model(),
        "malformed structure",
        faults={"skeleton.hole_permutation": (0, 0, 2)},
    )
