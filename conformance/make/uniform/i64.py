"""i64 far from its ends, and saturated."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [3, -3, 16777215, -16777215]
    bits = [3 << 60, (1 << 64) - (3 << 60), (1 << 63) - 1, 1 << 63]
    how = How(steps=[(1, 60), (1, 60), (1, 103), (1, 103)], levels=levels, step_axis=1)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "i64", (4,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "i64", "step-axis")
