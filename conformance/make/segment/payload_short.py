"""More words than the payload can hold."""

from __future__ import annotations

from conformance.make.segment.lanes_1 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/lanes_1", model(), "malformed segment", faults={"segment.word_count": 60000}
    )
