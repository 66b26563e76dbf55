"""bf16: ties to even, up and down, the largest product, the sign of one that rounds to zero."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [257, -259, 511, 16777215, -1, 0]
    bits = [0x4380, 0xC382, 0x4400, 0x7F00, 0x8080, 0]
    how = How(
        steps=[(1, 0), (1, 0), (1, 0), (1, 103), (1, -126), (1, 0)], levels=levels, step_axis=1
    )
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "bf16", (6,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "bf16", "step-axis")
