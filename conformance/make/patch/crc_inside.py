"""Patches whose lengths cancel in a literal in which a CRC range begins and ends."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with other bytes in its second file."""
    literals = [b"begin", b"middle", b"end", b"TTai"]
    patches = [(14, 1, b"TT"), (2, 1, b"")]
    return replace(with_files(heir(root()), literals), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "inherited-skeleton", "skeleton-patch", roots=("inherit/root_files",)
    )
