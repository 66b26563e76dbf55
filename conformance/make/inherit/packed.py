"""A packed and deflated DoM that inherits tensors and files, and codes one."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.files import model as files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model of inherit/files."""
    return replace(files(), packed="fixed")


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "packed",
        "deflate",
        "dom",
        "int",
        "inherited-structure",
        "inherited-skeleton",
        roots=("inherit/root_files",),
    )
