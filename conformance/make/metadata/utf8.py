"""Metadata that is not UTF-8."""

from __future__ import annotations

from conformance.make.metadata.entries import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "metadata/entries",
        model(),
        "forbidden-value structure",
        faults={"metadata.text": change(9, 0x80)},
    )
