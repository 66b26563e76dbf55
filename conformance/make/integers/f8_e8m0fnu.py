"""e8m0 is coded as its pattern."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [127, 126, 128, 0, 255]
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "f8_e8m0fnu", (5,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "f8_e8m0fnu")
