"""An inherited tensor whose root tensor is of other dims."""

from __future__ import annotations

from conformance.make.inherit.dense import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/dense",
        model(),
        "malformed structure",
        faults={"structure.root_tensor": (0, 0, 2)},
        roots=("dom/root_grid",),
    )
