"""A count of the index is another."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index", model(), "malformed container", faults={"index.count": change(3, 1)}
    )
