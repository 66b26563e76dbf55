"""As many patches as the caller allows."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return 16 insertions."""
    literals = [b"x" * 16 + b"begin"]
    crcs = [(0, 26), (37, 18), (59, 3), (13, 2)]
    patches = [(0, 0, b"x")] * 16
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
        limits={"tensors": 16},
    )
