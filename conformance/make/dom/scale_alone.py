"""A context_scale in a group that is not predicted."""

from __future__ import annotations

from conformance.make.dom.whole import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/whole",
        model(),
        "forbidden-value parameters",
        faults={"group.context_scale": 1},
        roots=("dom/root_many",),
    )
