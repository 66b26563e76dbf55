"""A packed unit whose payload begins at no multiple of 8."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        faults={"packed.pad_length": 1},
        seen="packed",
    )
