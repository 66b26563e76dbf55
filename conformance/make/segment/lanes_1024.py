"""1024 lanes, the most of level 1."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, normal, valid


def model() -> Model:
    """One tensor."""
    levels = [round(value) for value in normal(2100, 2100, 6.0)]
    group = Group(coding="uniform", hows=[How(steps=[(1, 0)], levels=levels)], lanes=10)
    return Model(tensors=[Tensor("w", "f32", (2100,), f32(*levels))], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform")
