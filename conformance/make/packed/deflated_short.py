"""A short unit with the flag deflated."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "forbidden-value container",
        faults={"structure.short.flags": 2},
    )
