"""A model that lacks all tensors of its root."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return a model without tensors."""
    return heir(root(), [])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "inherited-structure", "dropped", roots=("dom/root_grid",))
