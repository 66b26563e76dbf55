"""A model that lacks two tensors of its root."""

from __future__ import annotations

from conformance.make.dom.root_tied import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Drop numbers 1 and 4; what the root hides is not inherited."""
    return heir(root(), kept(root(), "b", "e"))


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "copied", "inherited-structure", "dropped", roots=("dom/root_tied",)
    )
