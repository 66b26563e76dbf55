"""A constant tensor of 4 TiB."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "limit-exceeded structure",
        faults={"structure.output_bytes": 24 + (4 << 40), "structure.dims": (2, 3, 1 << 40)},
    )
