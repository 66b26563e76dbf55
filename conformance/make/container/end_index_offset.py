"""The index_offset of the end unit is another."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index",
        model(),
        "malformed container",
        faults={"end.index_offset": lambda at: at - 8},
    )
