"""i8: ties to even, saturated at both ends."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [1, 3, 5, -1, -3, 255, 256, -257, -258]
    bits = [0, 2, 2, 0, 254, 127, 127, 128, 128]
    how = How(steps=[(1, -1)], levels=levels)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "i8", (9,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "i8")
