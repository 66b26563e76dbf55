"""A packed unit without a stream header."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken, without


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        arrange=without("header"),
        at="packed",
    )
