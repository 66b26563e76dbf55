"""A patch over the end of a literal."""

from __future__ import annotations

from conformance.make.patch.longer import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/longer",
        model(),
        "malformed structure",
        faults={"patch.patch_skip": (4,)},
        roots=("inherit/root_files",),
    )
