"""hybrid_msb + hybrid_lsb above hybrid_split."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "forbidden-value parameters", faults={"group.hybrid_msb": 4}
    )
