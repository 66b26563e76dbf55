"""An inherited tensor in a dtype that none of the root converts to, which is not coded."""

from __future__ import annotations

from conformance.make.inherit.cast_mixed import model
from conformance.make.vector import Vector, broken
from conformance.make.writer import DROP


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/cast_mixed",
        model(),
        "malformed structure",
        faults={"structure.coded": DROP},
        at="structure",
        roots=("dom/root_grid",),
    )
