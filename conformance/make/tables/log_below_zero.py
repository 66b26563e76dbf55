"""A log-count one below zero."""

from __future__ import annotations

from conformance.make.coder import Bits
from conformance.make.segment.lanes_1 import model
from conformance.make.vector import Vector, broken


def table() -> bytes:
    """Return a table with the fault."""
    bits = Bits()
    for value, width in ((1, 8), (0, 8), (0b01, 2)):
        bits.put(value, width)
    return bits.data()


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/lanes_1", model(), "forbidden-value parameters", faults={"group.tables": table()}
    )
