"""A stream without a model."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "malformed container",
        arrange=lambda units: [units[0], units[-1]],
        at="end",
    )
