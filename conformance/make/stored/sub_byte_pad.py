"""Unused last bits of a stored tensor are not zero."""

from __future__ import annotations

from conformance.make.stored.sub_byte import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "stored/sub_byte",
        model(),
        "forbidden-value segment",
        faults={"stored1.data": change(-1, 0x80)},
    )
