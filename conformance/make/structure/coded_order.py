"""Tensors coded in another order than they are listed."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """C and a share a group before b."""
    tensors = [
        Tensor("a", "u8", (2,), [1, 2]),
        Tensor("b", "f32", (1,), f32(3)),
        Tensor("c", "u8", (1,), [4]),
    ]
    groups = [Group(coding="stored", hows=[How(), How()]), Group(coding="constant")]
    return Model(tensors=tensors, groups=groups, coded_order=[2, 0, 1], index=True)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "coded-order", "stored", "index")
