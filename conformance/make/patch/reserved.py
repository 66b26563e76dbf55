"""The reserved field of a skeleton patch is not zero."""

from __future__ import annotations

from conformance.make.patch.longer import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/longer",
        model(),
        "unsupported structure",
        faults={"patch.reserved": 1},
        roots=("inherit/root_files",),
    )
