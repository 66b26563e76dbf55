"""A dense segment before the maps."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, moved


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "malformed segment",
        arrange=moved("segment1", "segment"),
        at="segment1",
    )
