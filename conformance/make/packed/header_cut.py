"""Three bytes behind the last short unit."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        faults={"packed.extra": b"\x0e\x01\x00"},
        at="packed.extra",
    )
