"""f8_e4m3fnuz saturates at 240 and has no -0."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [240, 249, -300, 17, 1, -1, 3]
    bits = [0x7F, 0x7F, 0xFF, 0x60, 0x00, 0x00, 0x02]
    how = How(steps=[(1, 0)] * 4 + [(1, -11)] * 3, levels=levels, step_axis=1)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "f8_e4m3fnuz", (7,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f8_e4m3fnuz", "step-axis")
