"""A segment before its group."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, moved


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "malformed container",
        arrange=moved("segment", "group"),
        at="segment",
    )
