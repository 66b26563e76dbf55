"""Class vectors of an empty tensor."""

from __future__ import annotations

from conformance.make.structure.only_empty import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/only_empty", model(), "malformed parameters", faults={"group.class_axes": (1,)}
    )
