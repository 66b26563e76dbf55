"""One short unit more than the caller allows."""

from __future__ import annotations

from conformance.make.packed.units_exact import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/units_exact",
        model(),
        "limit-exceeded container",
        limits={"units": 6},
        at="model_end",
    )
