"""output_bytes of a structure that inherits is another."""

from __future__ import annotations

from conformance.make.inherit.dropped import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/dropped",
        model(),
        "malformed structure",
        faults={"structure.output_bytes": lambda size: size + 1},
        roots=("dom/root_tied",),
    )
