"""A patch of patched files, root and root of the root having one model digest."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.patch.same_length import model as root
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the files of patch/same_length with other bytes at their end."""
    literals = [b"begin", b"MIDDLE", b"END"]
    return replace(with_files(heir(root()), literals), patches=[(11, 3, b"END")])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "inherited-skeleton",
        "skeleton-patch",
        "chain",
        roots=("patch/same_length", "inherit/root_files"),
    )
