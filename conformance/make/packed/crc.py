"""A packed unit with a wrong CRC."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "integrity container",
        faults={"packed.payload_crc": 0},
        seen="packed",
    )
