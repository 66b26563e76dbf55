"""One patch more than the caller allows."""

from __future__ import annotations

from conformance.make.patch.limit_exact import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/limit_exact",
        model(),
        "limit-exceeded structure",
        limits={"tensors": 15},
        at="patch.patch_count",
        roots=("inherit/root_files",),
    )
