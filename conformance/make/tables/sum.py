"""The other frequencies leave nothing to the remainder token."""

from __future__ import annotations

from conformance.make.coder import Bits
from conformance.make.segment.lanes_1 import model
from conformance.make.vector import Vector, broken


def table() -> bytes:
    """Return a table with the fault."""
    bits = Bits()
    for value, width in ((2, 8), (2, 8), (0b111, 3), (12, 4), (0, 6), (0b0, 1), (0, 6)):
        bits.put(value, width)
    return bits.data()


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/lanes_1", model(), "malformed parameters", faults={"group.tables": table()}
    )
