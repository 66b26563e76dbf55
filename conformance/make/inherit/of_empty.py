"""A model that inherits all of a root without tensors."""

from __future__ import annotations

from conformance.make.container.empty_model import model as root
from conformance.make.inherited import heir
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return a model without tensors."""
    return heir(root())


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "inherited-structure", roots=("container/empty_model",))
