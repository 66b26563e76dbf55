"""A tensor in two groups with two values of split_rows."""

from __future__ import annotations

from conformance.make.group.rows import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "group/rows", model(), "malformed parameters", faults={"group2.split_rows": (2, 1)}
    )
