"""A packed model without the skeleton that it announces."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        faults={"structure.flags": 8},
        at="group",
    )
