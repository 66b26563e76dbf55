"""One bit of a payload CRC differs."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, flip


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "integrity container", faults={"group.payload_crc": flip(31)}
    )
