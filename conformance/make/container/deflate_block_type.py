"""A deflate block of the reserved type 3."""

from __future__ import annotations

from conformance.make.container.deflated_stored import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/deflated_stored",
        model(),
        "malformed container",
        faults={"structure.blocks": change(0, 6)},
    )
