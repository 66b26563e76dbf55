"""i16 at the ends of its range."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0x7FFF, 0x8000, 0x8001, 0, 1, 0xFFFF]
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "i16", (2, 3), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "i16")
