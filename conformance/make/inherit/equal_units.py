"""A DoM of equal models that is not packed."""

from __future__ import annotations

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, with_files
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root once more."""
    return with_files(heir(root()))


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "copied",
        "inherited-structure",
        "inherited-skeleton",
        roots=("inherit/root_files",),
    )
