"""Rows of one tensor in groups of two codings."""

from __future__ import annotations

from conformance.make.group.rows import model
from conformance.make.model import How
from conformance.make.vector import Vector, broken, whole


def build() -> Vector:
    """Build the vector: the middle row is uniform."""
    other = model()
    other.groups[1].coding = "uniform"
    other.groups[1].hows = [How(steps=[(1, 0)], levels=whole(30, 24, -50, 50))]
    return broken("group/rows", other, "malformed parameters", at="group1.coding")
