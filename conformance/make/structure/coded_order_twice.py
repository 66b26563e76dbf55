"""coded_order names a tensor twice."""

from __future__ import annotations

from conformance.make.structure.coded_order import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/coded_order",
        model(),
        "malformed structure",
        faults={"structure.coded_order": (2, 0, 0)},
    )
