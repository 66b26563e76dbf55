"""u8 saturates negative numbers at zero."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [1, 3, -5, 509, 511, 512]
    bits = [0, 2, 0, 254, 255, 255]
    how = How(steps=[(1, -1)], levels=levels)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "u8", (6,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "u8")
