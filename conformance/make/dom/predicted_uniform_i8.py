"""A predicted group of i8 with the coding uniform."""

from __future__ import annotations

from conformance.make.dom.whole import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/whole",
        model(),
        "forbidden-value parameters",
        faults={"group1.flags": 1},
        roots=("dom/root_many",),
    )
