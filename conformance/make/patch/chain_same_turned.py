"""The same stream, its roots in the other order: the first has the digest, and other files."""

from __future__ import annotations

from conformance.make.patch.chain_same import model
from conformance.make.vector import Vector, valid


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "inherited-skeleton",
        "skeleton-patch",
        "chain",
        roots=("inherit/root_files", "patch/same_length"),
    )
