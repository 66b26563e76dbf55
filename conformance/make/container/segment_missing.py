"""The last segment of a group is missing."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, without


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed container", arrange=without("segment1"), at="group1"
    )
