"""Many patches: two at one place, one that does nothing, two files."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with other bytes in three literals."""
    literals = [b"Beg123", b"mIDDddle", b"end", b"taAI"]
    crcs = [(0, 11), (22, 20), (46, 3), (13, 2)]
    patches = [
        (0, 1, b"B"),
        (2, 0, b"1"),
        (0, 0, b"23"),
        (0, 2, b""),
        (1, 1, b"IDD"),
        (2, 0, b""),
        (7, 2, b"AI"),
    ]
    return replace(with_files(heir(root()), literals, crcs), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "inherited-skeleton", "skeleton-patch", roots=("inherit/root_files",)
    )
