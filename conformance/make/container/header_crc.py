"""One bit of a header CRC differs."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, flip


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "integrity container", faults={"segment1.header_crc": flip(0)}
    )
