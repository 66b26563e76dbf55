"""A dim of 2^48."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "forbidden-value structure",
        faults={"structure.dims": (2, 3, 1 << 48)},
    )
