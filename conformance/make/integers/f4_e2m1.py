"""f4 is coded as its pattern."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = list(range(16))
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "f4_e2m1", (16,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "f4_e2m1")
