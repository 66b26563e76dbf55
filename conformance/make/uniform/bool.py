"""bool: rounded to an integer, then whether it is zero."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [1, -1, 2, -2, 3]
    bits = [0, 0, 0, 0, 1]
    how = How(steps=[(1, -2)], levels=levels)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "bool", (5,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "bool")
