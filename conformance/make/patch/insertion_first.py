"""Bytes before the first one of a literal: inside a range that begins there."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with four bytes more."""
    literals = [b"begin", b"middle", b"the end"]
    crcs = [(0, 10), (21, 18), (43, 7), (13, 2)]
    patches = [(11, 0, b"the ")]
    return replace(with_files(heir(root()), literals, crcs), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "inherited-skeleton", "skeleton-patch", roots=("inherit/root_files",)
    )
