"""A stored payload at a multiple of 8 and not of 64."""

from __future__ import annotations

from conformance.make.stored.aligned import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "stored/aligned",
        model(),
        "malformed container",
        faults={"stored1.pad_length": lambda pad: (pad + 8) % 64},
    )
