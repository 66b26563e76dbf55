"""The id of another skeleton."""

from __future__ import annotations

from conformance.make.inherit.equal import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/equal",
        model(),
        "root-mismatch structure",
        faults={"structure.skeleton_id": bytes(16)},
        roots=("inherit/root_files",),
    )
