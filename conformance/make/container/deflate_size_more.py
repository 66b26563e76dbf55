"""raw_size says one byte more than there is."""

from __future__ import annotations

from conformance.make.container.deflated_stored import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/deflated_stored",
        model(),
        "malformed container",
        faults={"structure.raw_size": lambda size: size + 1},
    )
