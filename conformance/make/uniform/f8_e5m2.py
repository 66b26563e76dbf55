"""f8_e5m2 overflows to infinity."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [57344, 61439, 61440, -61440, 9, 11, 1, -1, 3]
    bits = [0x7B, 0x7B, 0x7C, 0xFC, 0x48, 0x4A, 0x00, 0x80, 0x02]
    how = How(steps=[(1, 0)] * 6 + [(1, -17), (1, -17), (1, -17)], levels=levels, step_axis=1)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "f8_e5m2", (9,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f8_e5m2", "step-axis")
