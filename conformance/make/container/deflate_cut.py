"""The deflate stream lacks its last byte."""

from __future__ import annotations

from conformance.make.container.deflated_stored import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/deflated_stored",
        model(),
        "malformed container",
        faults={"structure.blocks": lambda blocks: blocks[:-1]},
    )
