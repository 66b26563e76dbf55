"""A patch that makes a literal longer: a CRC range grows, others move."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with five bytes more."""
    literals = [b"begin", b"middle part"]
    crcs = [(0, 10), (21, 23), (48, 3), (13, 2)]
    patches = [(5, 6, b"middle part")]
    return replace(with_files(heir(root()), literals, crcs), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "inherited-skeleton", "skeleton-patch", roots=("inherit/root_files",)
    )
