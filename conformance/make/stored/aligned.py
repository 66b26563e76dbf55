"""Stored tensors at multiples of 64, in three units, with an empty tensor among them."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, normal, valid


def model() -> Model:
    """100 bytes, a gap of 28, 100 bytes."""
    tensors = [
        Tensor("a", "f32", (25,), f32(*normal(1, 25))),
        Tensor("empty", "f32", (0,)),
        Tensor("b", "f32", (5, 5), f32(*normal(2, 25))),
    ]
    group = Group(coding="stored", hows=[How(), How(), How()], pieces=[64, 128, 36])
    return Model(tensors=tensors, groups=[group], index=True)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "index")
