"""An unknown short unit that is not ancillary."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/unknown",
        model(),
        "unsupported container",
        arrange=inserted(extra_unit(14, 0), "structure"),
        at="extra",
    )
