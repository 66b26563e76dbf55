"""A permuted hole over a type below 8 bits."""

from __future__ import annotations

from conformance.make.skeleton.sub_byte import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/sub_byte",
        model(),
        "forbidden-value structure",
        faults={"skeleton.hole_permutation": (1,)},
    )
