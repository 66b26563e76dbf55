"""The index gives a unit 15 bytes."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index",
        model(),
        "forbidden-value container",
        faults={"index.unit_size": lambda sizes: (15, *sizes[1:])},
    )
