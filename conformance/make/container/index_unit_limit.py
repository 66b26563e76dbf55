"""The index claims more units than the default limit."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index",
        model(),
        "limit-exceeded container",
        faults={"index.unit_count": 10**7 + 1},
    )
