"""One value, whose token would mean 256 without the low bit."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One element."""
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "u8", (1,), [64])], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u8")
