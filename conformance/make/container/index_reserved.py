"""A reserved field of the index is not zero."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("container/index", model(), "unsupported container", faults={"index.reserved": 1})
