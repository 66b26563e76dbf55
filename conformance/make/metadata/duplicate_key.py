"""A metadata key twice."""

from __future__ import annotations

from conformance.make.metadata.entries import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "metadata/entries",
        model(),
        "malformed structure",
        faults={
            "metadata.key_length": (0, 0, 7),
            "metadata.value_length": (8, 0, 5),
            "metadata.text": "formatptgröße€ 7".encode(),
        },
    )
