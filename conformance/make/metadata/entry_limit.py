"""More metadata entries than any caller wants."""

from __future__ import annotations

from conformance.make.metadata.entries import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "metadata/entries",
        model(),
        "limit-exceeded structure",
        faults={"metadata.entry_count": (1 << 32) - 1},
    )
