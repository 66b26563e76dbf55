"""A patch of files that are themselves inherited and patched."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.patch.coded import model as root
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the files of patch/coded with other bytes."""
    literals = [b"begin", b"middle art", b"END"]
    crcs = [(0, 10), (21, 22), (47, 3), (13, 2)]
    patches = [(12, 1, b""), (3, 3, b"END")]
    return replace(with_files(heir(root()), literals, crcs), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "inherited-skeleton",
        "skeleton-patch",
        "chain",
        roots=("patch/coded", "inherit/root_files"),
    )
