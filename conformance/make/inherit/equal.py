"""A DoM of equal models: all is inherited, tensors and files, in 200 bytes."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root once more."""
    return replace(with_files(heir(root())), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "packed",
        "dom",
        "copied",
        "inherited-structure",
        "inherited-skeleton",
        roots=("inherit/root_files",),
    )
