"""A literal that gets longer, inside which a CRC range ends."""

from __future__ import annotations

from conformance.make.patch.empty_range import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/empty_range",
        model(),
        "malformed structure",
        faults={"patch.patch_skip": (0,)},
        roots=("patch/root_ranges",),
    )
