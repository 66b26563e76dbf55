"""A group that begins behind the last row of its tensor."""

from __future__ import annotations

from conformance.make.group.rows import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("group/rows", model(), "malformed parameters", faults={"group1.first_row": 6})
