"""A patch that makes a literal shorter, at the begin of a file."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with three bytes less."""
    literals = [b"be"]
    crcs = [(0, 7), (18, 18), (40, 3), (13, 2)]
    patches = [(0, 5, b"be")]
    return replace(with_files(heir(root()), literals, crcs), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "inherited-skeleton", "skeleton-patch", roots=("inherit/root_files",)
    )
