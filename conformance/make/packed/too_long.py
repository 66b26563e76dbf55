"""A packed unit of 65537 bytes, deflated."""

from __future__ import annotations

from conformance.make.packed.most import MOST, model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/most",
        model(),
        "forbidden-value container",
        arrange=inserted(extra_unit(14, 1, bytes(MOST + 1)), "structure"),
        at="packed",
    )
