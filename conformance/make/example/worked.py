"""Two tensors: a uniform one with class vectors in two lanes, and a constant one."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid

LEVELS = [0, -1, 20, 1, 0, -3]
TABLES = [[512, 3584], [4094, 0, 0, 1] + [0] * 14 + [1]]
"""A calm table (0, 1) and a busy one (0, 3 and 18, the token of 20)."""


def model() -> Model:
    """Return the model: w = level * 3/8 with a busy last column; b = 0.5."""
    w = Tensor("w", "f32", (2, 3), f32(0.0, -0.375, 7.5, 0.375, 0.0, -1.125))
    b = Tensor("b", "f32", (3,), f32(0.5, 0.5, 0.5))
    how = How(classes={0: [0, 1], 1: [0, 0, 2]}, steps=[(3, -3)], levels=LEVELS)
    calm = [0, 0] + [1] * 62
    uniform = Group(coding="uniform", hows=[how], lanes=1, table_map=calm, tables=TABLES)
    return Model(tensors=[w, b], groups=[uniform, Group(coding="constant")], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "classes", "map", "constant")
