"""An unknown ancillary short unit with the flag deflated."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "forbidden-value container",
        arrange=inserted(extra_unit(14, 3), "structure"),
        at="extra",
    )
