"""As many bytes of patched files as the caller allows."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with four bytes more: 54 and 20."""
    literals = [b"morebegin"]
    crcs = [(0, 14), (25, 18), (47, 3), (13, 2)]
    patches = [(0, 0, b"more")]
    return replace(with_files(heir(root()), literals, crcs), patches=patches)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "inherited-skeleton",
        "skeleton-patch",
        "limits",
        roots=("inherit/root_files",),
        limits={"output_bytes": 74},
    )
