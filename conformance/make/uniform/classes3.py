"""Class vectors on three axis groups, two axes in the last, a bias that clamps at both ends."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid, whole


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = whole(12, 24, -9, 9)
    bits = f32(*levels)
    how = How(
        steps=[(1, 0)],
        levels=levels,
        split_columns=2,
        classes={0: [0, 63], 1: [0, 20, 40], 2: [0, 1, 2, 3]},
        bias=-2,
    )
    group = Group(
        coding="uniform",
        hows=[how],
        table_map=[0] * 20 + [1] * 43 + [2],
        map_of=(0, 1, 1, 0),
        map_lanes=1,
    )
    return Model(tensors=[Tensor("w", "f32", (2, 3, 2, 2), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f32", "classes", "map")
