"""f6 is coded as its pattern."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [63, 32, 31, 1, 0]
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "f6_e2m3", (5,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "f6_e2m3")
