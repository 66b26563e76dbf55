"""A literal that gets longer, inside which a CRC range begins."""

from __future__ import annotations

from conformance.make.patch.insertion import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/insertion",
        model(),
        "malformed structure",
        faults={"patch.patch_skip": (14,)},
        roots=("inherit/root_files",),
    )
