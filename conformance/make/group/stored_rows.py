"""A stored group that ends inside a tensor."""

from __future__ import annotations

from conformance.make.stored.aligned import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("stored/aligned", model(), "malformed parameters", faults={"group.row_limit": 1})
