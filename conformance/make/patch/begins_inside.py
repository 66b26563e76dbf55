"""A literal that gets longer, at whose end a CRC range ends that begins inside."""

from __future__ import annotations

from conformance.make.patch.empty_range import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/empty_range",
        model(),
        "malformed structure",
        faults={"patch.patch_skip": (5,)},
        roots=("patch/root_ranges",),
    )
