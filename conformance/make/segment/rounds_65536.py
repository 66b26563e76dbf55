"""65536 rounds in one lane, with a table of one token."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """One tensor."""
    levels = [0] * 65536
    group = Group(coding="uniform", hows=[How(steps=[(1, 0)], levels=levels)], lanes=0)
    return Model(tensors=[Tensor("w", "f32", (65536,), f32(*levels))], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "one-token")
