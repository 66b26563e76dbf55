"""The range of a CRC ends beyond the file."""

from __future__ import annotations

from conformance.make.skeleton.pieces import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/pieces", model(), "malformed structure", faults={"skeleton.crc_length": (10, 15)}
    )
