"""A model of no tensors."""

from __future__ import annotations

from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Nothing."""
    return Model(tensors=[], groups=[], index=True)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "index", "empty")
