"""i64 as halves of its zigzag number."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [
        n & (1 << 64) - 1 for n in (0, -1, 1, -2, 1 << 40, -(1 << 40), (1 << 63) - 1, -(1 << 63))
    ]
    group = Group(coding="int", hows=[How()], hybrid=Hybrid(2, 0, 1), lanes=1)
    return Model(tensors=[Tensor("w", "i64", (8,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "i64", "halves")
