"""A predicted group with the coding float."""

from __future__ import annotations

from conformance.make.dom.whole import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/whole",
        model(),
        "malformed parameters",
        faults={"group.flags": 1},
        roots=("dom/root_many",),
    )
