"""An unknown unit that is not ancillary."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "unsupported container",
        arrange=inserted(extra_unit(14, 0), "structure"),
        at="extra",
    )
