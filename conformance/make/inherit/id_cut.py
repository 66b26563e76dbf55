"""A skeleton id that does not fit."""

from __future__ import annotations

from conformance.make.inherit.equal import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/equal",
        model(),
        "malformed structure",
        faults={"structure.extra": -1},
        roots=("inherit/root_files",),
    )
