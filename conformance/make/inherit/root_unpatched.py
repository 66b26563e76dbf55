"""A DoM of tensors alone, whose root patches files that its own root does not have."""

from __future__ import annotations

from conformance.make.inherited import heir
from conformance.make.model import Model
from conformance.make.patch.coded import model as root
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the tensors of patch/coded once more."""
    return heir(root())


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "copied",
        "chain",
        "inherited-structure",
        roots=("patch/coded", "inherit/root_bare"),
    )
