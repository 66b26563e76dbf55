"""i2 that ends inside a byte."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0, 1, 2, 3, 2]
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "i2", (5,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "i2")
