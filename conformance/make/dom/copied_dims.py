"""A copied tensor whose namesake in the root has other dims."""

from __future__ import annotations

from conformance.make.dom.tied import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/tied",
        model(),
        "malformed structure",
        faults={"structure.coded": (5, 7, 8)},
        roots=("dom/root_tied",),
    )
