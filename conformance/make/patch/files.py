"""One byte of patched files more than the caller allows."""

from __future__ import annotations

from conformance.make.patch.files_exact import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/files_exact",
        model(),
        "limit-exceeded structure",
        limits={"output_bytes": 73},
        at="patch",
        roots=("inherit/root_files",),
    )
