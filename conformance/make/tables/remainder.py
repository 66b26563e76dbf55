"""A remainder token outside its table."""

from __future__ import annotations

from conformance.make.coder import Bits
from conformance.make.segment.lanes_1 import model
from conformance.make.vector import Vector, broken


def table() -> bytes:
    """Return a table with the fault."""
    bits = Bits()
    for value, width in ((2, 8), (3, 8), (0b0, 1), (0b0, 1)):
        bits.put(value, width)
    return bits.data()


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/lanes_1", model(), "forbidden-value parameters", faults={"group.tables": table()}
    )
