"""A literal of which nothing is left."""

from __future__ import annotations

from conformance.make.patch.removal import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/removal",
        model(),
        "malformed structure",
        faults={"patch.patch_skip": (11,)},
        roots=("inherit/root_files",),
    )
