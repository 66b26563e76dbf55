"""Every value of i8, -128 as well."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = list(range(256))
    group = Group(coding="int", hows=[How()], lanes=2)
    return Model(tensors=[Tensor("w", "i8", (4, 64), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "i8")
