"""A group that repeats a row."""

from __future__ import annotations

from conformance.make.group.rows import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken("group/rows", model(), "malformed parameters", faults={"group1.first_row": 1})
