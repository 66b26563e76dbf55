"""A deflated skeleton patch."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with two other bytes."""
    literals = [b"beGin", b"middle", b"end", b"taAl"]
    patches = [(2, 1, b"G"), (13, 1, b"A")]
    return replace(with_files(heir(root()), literals), patches=patches, deflate={"patch": "fixed"})


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "inherited-skeleton",
        "skeleton-patch",
        "deflate",
        roots=("inherit/root_files",),
    )
