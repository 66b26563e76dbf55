"""i32: both sides of every power of two."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [n + d & 0xFFFFFFFF for k in range(32) for n in (1 << k, -1 << k) for d in (-1, 0)]
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "i32", (2, 64), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "i32", "level-2")
