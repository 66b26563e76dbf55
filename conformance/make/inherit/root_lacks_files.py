"""A DoM of tensors alone, whose root cannot restore its own files: it is a root all the same."""

from __future__ import annotations

from conformance.make.inherit.files import model as root
from conformance.make.inherited import heir
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the tensors of inherit/files once more."""
    return heir(root())


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "copied",
        "chain",
        "inherited-structure",
        roots=("inherit/files", "inherit/root_bare"),
    )
