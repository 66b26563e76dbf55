"""A file that needs more bytes than the tensor of the model has."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, in_bf16, kept
from conformance.make.model import Model
from conformance.make.vector import Vector, broken


def model() -> Model:
    """Return v in bf16."""
    v, w = kept(root())
    return replace(heir(root(), [in_bf16(v), w]), files=root().skeleton)


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/equal_units",
        model(),
        "malformed structure",
        at="structure",
        roots=("inherit/root_files",),
    )
