"""A short unit of the type global tables, ancillary."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "unsupported container",
        arrange=inserted(extra_unit(11, 1), "structure"),
        at="extra",
    )
