"""A skeleton patch in a DoM that codes a tensor of the files."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.files import model as plain
from conformance.make.inherited import with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model of inherit/files with five bytes more."""
    literals = [b"begin", b"middle part"]
    crcs = [(0, 10), (21, 23), (48, 3), (13, 2)]
    return replace(with_files(plain(), literals, crcs), patches=[(5, 6, b"middle part")])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "inherited-skeleton",
        "skeleton-patch",
        "stored",
        roots=("inherit/root_files",),
    )
