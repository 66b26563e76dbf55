"""One step an index of the second of three axes."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [1, -1, 2, 3, 0, -4, 5, 6]
    bits = f32(1.5, -1.5, 8190.0, 12285.0, 0.0, -6.0, 20475.0, 24570.0)
    how = How(steps=[(3, -1), (4095, 0)], levels=levels, step_axis=2)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "f32", (2, 2, 2), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f32", "step-axis")
