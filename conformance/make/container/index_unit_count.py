"""The index lists a unit less than there are."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index",
        model(),
        "malformed container",
        faults={"index.unit_count": lambda n: n - 1},
    )
