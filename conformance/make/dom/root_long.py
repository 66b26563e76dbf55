"""A root of 40000 equal elements."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root: constant."""
    tensor = Tensor("w", "u8", (40000,), [7] * 40000)
    return Model(tensors=[tensor], groups=[Group(coding="constant")], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "constant")
