"""A dropped number that the root does not have."""

from __future__ import annotations

from conformance.make.inherit.dropped import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/dropped",
        model(),
        "malformed structure",
        faults={"structure.dropped": (1, 5)},
        roots=("dom/root_tied",),
    )
