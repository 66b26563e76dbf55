"""Metadata and a skeleton patch behind a structure that inherits."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with other bytes at the begin of its file."""
    out = with_files(heir(root()), [b"BEGIN"])
    return replace(out, patches=[(0, 5, b"BEGIN")], metadata=[("k", "v")])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "metadata",
        "inherited-skeleton",
        "skeleton-patch",
        roots=("inherit/root_files",),
    )
