"""A DoM of equal models that inherits tensors, and no files."""

from __future__ import annotations

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root once more."""
    return heir(root())


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", "inherited-structure", roots=("inherit/root_files",))
