"""A file that needs a tensor that the model does not have."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Model
from conformance.make.vector import Vector, broken


def model() -> Model:
    """Return w alone."""
    return replace(heir(root(), kept(root(), "v")), files=root().skeleton)


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/equal_units",
        model(),
        "malformed structure",
        at="structure",
        roots=("inherit/root_files",),
    )
