"""A stored unit of no bytes."""

from __future__ import annotations

from conformance.make.stored.aligned import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("stored/aligned", model(), "malformed segment", faults={"stored2.data": b""})
