"""Pad bits behind the last table are not zero."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "forbidden-value parameters",
        faults={"group.tables": change(-1, 0x80)},
    )
