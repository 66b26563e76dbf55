"""A root that has the tensors, and not the files."""

from __future__ import annotations

from conformance.make.inherit.equal import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/equal",
        model(),
        "root-mismatch structure",
        at="structure.skeleton_id",
        roots=("inherit/root_bare",),
    )
