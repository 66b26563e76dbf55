"""An alias among the coded tensors."""

from __future__ import annotations

from conformance.make.dom.tied import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/tied",
        model(),
        "malformed structure",
        faults={"structure.coded": (2, 6, 7, 8)},
        roots=("dom/root_tied",),
    )
