"""A tensor with a step for each row in two groups: steps are those of the whole tensor."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid

LEVELS = [1, 0, -1, 2, -2, 1, 0, 3, 1, -1, 1, 2]
STEPS = [(1, 0), (1, 1), (1, 2), (1, 3)]


def model() -> Model:
    """Return four rows of three: level * 2^row."""
    bits = f32(*(float(level * 2 ** (n // 3)) for n, level in enumerate(LEVELS)))
    how = How(step_axis=1, steps=STEPS, levels=LEVELS)
    groups = [
        Group(coding="uniform", row_limit=2, hows=[how]),
        Group(coding="uniform", first_row=2, hows=[how]),
    ]
    return Model(tensors=[Tensor("w", "f32", (4, 3), bits)], groups=groups, index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "row-split", "step-axis")
