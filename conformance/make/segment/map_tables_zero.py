"""A map segment of no tables."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "forbidden-value segment", faults={"segment.table_count": 0}
    )
