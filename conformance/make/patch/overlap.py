"""A patch whose bytes the patch before took away, by a skip that is too large to add."""

from __future__ import annotations

from conformance.make.patch.several import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/several",
        model(),
        "malformed structure",
        faults={"patch.patch_skip": (0, 2, 0, 0, 1, 2, (1 << 53) - 1)},
        roots=("inherit/root_files",),
    )
