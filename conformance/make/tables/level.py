"""A table of more than 64 tokens in level 1."""

from __future__ import annotations

from conformance.make.integers.i16 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "integers/i16",
        model(),
        "forbidden-value parameters",
        faults={"header.level": 1},
        at="group.tables",
    )
