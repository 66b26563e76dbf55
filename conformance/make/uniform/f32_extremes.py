"""The smallest and largest steps, and |level| * m = 2^24 - 1."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [1, -1, 16777215]
    bits = [0x00800000, 0x80800000, 0x7EFFFFFF]
    how = How(steps=[(1, -126), (1, -126), (1, 103)], levels=levels, step_axis=1)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "f32", (3,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f32", "step-axis")
