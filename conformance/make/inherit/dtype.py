"""An inherited dtype that is none."""

from __future__ import annotations

from conformance.make.inherit.cast import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/cast",
        model(),
        "unsupported structure",
        faults={"structure.inherited_dtype": (99,)},
        roots=("dom/root_grid",),
    )
