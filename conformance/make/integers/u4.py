"""u4 in three columns."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = list(range(15))
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "u4", (5, 3), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u4")
