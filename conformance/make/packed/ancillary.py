"""A packed unit with the flag ancillary."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "forbidden-value container",
        faults={"packed.head.flags": 1},
        at="packed",
    )
