"""A second stream header in a packed unit."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        arrange=inserted(extra_unit(1, 0, bytes(16)), "structure"),
        at="extra",
    )
