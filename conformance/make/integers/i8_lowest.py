"""-128: the one magnitude that needs its sign."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One element."""
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "i8", (1,), [0x80])], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "i8")
