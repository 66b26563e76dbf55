"""A start state of 65535."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "forbidden-value segment",
        faults={"segment1.states": lambda data: b"\xff\xff\0\0" + data[4:]},
    )
