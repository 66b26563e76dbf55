"""Ranges that end with the file, whose last literal gets longer."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.patch.root_ranges import model as root
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with two bytes more at its end."""
    literals = [b"abcd", b"efgh", b"ij", b"yzzz"]
    crcs = [(0, 2), (9, 3), (16, 0), (30, 8), (38, 0)]
    patches = [(11, 1, b"zzz")]
    return replace(with_files(heir(root()), literals, crcs), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "inherited-skeleton", "skeleton-patch", roots=("patch/root_ranges",)
    )
