"""A patch that changes bytes, and no length."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with other bytes."""
    literals = [b"begin", b"MIDDLE"]
    patches = [(5, 6, b"MIDDLE")]
    return replace(with_files(heir(root()), literals), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "inherited-skeleton", "skeleton-patch", roots=("inherit/root_files",)
    )
