"""f8_e5m2fnuz saturates at 57344 and has no -0."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [57344, 65536, -65536, 9, 1, -1, 3]
    bits = [0x7F, 0x7F, 0xFF, 0x4C, 0x00, 0x00, 0x02]
    how = How(steps=[(1, 0)] * 4 + [(1, -18)] * 3, levels=levels, step_axis=1)
    group = Group(coding="uniform", hows=[how])
    return Model(
        tensors=[Tensor("w", "f8_e5m2fnuz", (7,), bits)], groups=[group], index=False, level=2
    )


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f8_e5m2fnuz", "step-axis")
