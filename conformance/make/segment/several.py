"""Several dense segments that begin inside rows."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, normal, valid


def model() -> Model:
    """One tensor."""
    levels = [round(value) for value in normal(60, 60, 6.0)]
    group = Group(
        coding="uniform", hows=[How(steps=[(1, 0)], levels=levels)], lanes=1, cuts=[7, 30, 1, 22]
    )
    return Model(tensors=[Tensor("w", "f32", (6, 10), f32(*levels))], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform")
