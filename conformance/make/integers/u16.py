"""u16 at the ends of its range."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0xFFFF, 0, 0x8000, 255, 256, 15]
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "u16", (6,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u16")
