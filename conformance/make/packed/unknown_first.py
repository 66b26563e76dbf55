"""An unknown ancillary short unit before the stream header."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        arrange=inserted(extra_unit(200, 1), "header"),
        at="extra",
    )
