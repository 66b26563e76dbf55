"""f16: gradual underflow, ties, -0 from a small product, overflow."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [1, 3, -1, 5, 65519, 65520, -65520, 2049, 2051]
    bits = [0x0000, 0x0002, 0x8000, 0x0005, 0x7BFF, 0x7C00, 0xFC00, 0x6800, 0x6802]
    how = How(
        steps=[(1, -25), (1, -25), (1, -26), (1, -24), (1, 0), (1, 0), (1, 0), (1, 0), (1, 0)],
        levels=levels,
        step_axis=1,
    )
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "f16", (9,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f16", "step-axis")
