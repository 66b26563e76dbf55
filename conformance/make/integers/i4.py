"""Every value of i4, twice."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = list(range(16)) * 2
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "i4", (32,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "i4")
