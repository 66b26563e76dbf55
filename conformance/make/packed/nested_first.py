"""A packed unit as the first short unit."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken, extra_unit


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        arrange=lambda units: [extra_unit(12, 0, b""), *units],
        at="extra",
    )
