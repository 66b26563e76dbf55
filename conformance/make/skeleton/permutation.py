"""Axes that are no permutation."""

from __future__ import annotations

from conformance.make.skeleton.pieces import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/pieces",
        model(),
        "malformed structure",
        faults={"skeleton.permutation_axes": (1, 1)},
    )
