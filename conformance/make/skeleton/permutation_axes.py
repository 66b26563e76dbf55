"""A permutation of 33 axes."""

from __future__ import annotations

from conformance.make.skeleton.sub_byte import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/sub_byte",
        model(),
        "forbidden-value structure",
        faults={"skeleton.permutation_rank": (33,), "skeleton.permutation_axes": tuple(range(33))},
    )
