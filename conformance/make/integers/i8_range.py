"""+128 in i8."""

from __future__ import annotations

from conformance.make.integers.i8_lowest import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "integers/i8_lowest",
        model(),
        "forbidden-value reconstruction",
        faults={"segment.side": change(0, 1)},
    )
