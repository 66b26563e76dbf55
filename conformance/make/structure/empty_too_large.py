"""A tensor that is empty and yet too large: a zero counts as one."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "forbidden-value structure",
        faults={"structure.dims": (0, 1 << 47, 1 << 47), "structure.rank": (3, 0)},
    )
