"""f8_e4m3fn saturates at 448; ties; subnormals; -0."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [448, 464, 465, -9999, 17, 19, 1, -1, 3]
    bits = [0x7E, 0x7E, 0x7E, 0xFE, 0x58, 0x5A, 0x00, 0x80, 0x02]
    how = How(steps=[(1, 0)] * 6 + [(1, -10), (1, -10), (1, -10)], levels=levels, step_axis=1)
    group = Group(coding="uniform", hows=[how])
    return Model(
        tensors=[Tensor("w", "f8_e4m3fn", (9,), bits)], groups=[group], index=False, level=2
    )


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f8_e4m3fn", "step-axis")
