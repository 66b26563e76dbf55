"""A root digest that does not fit."""

from __future__ import annotations

from conformance.make.dom.empty import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/empty",
        model(),
        "malformed structure",
        faults={"structure.extra": -16},
        roots=("dom/root_f32",),
    )
