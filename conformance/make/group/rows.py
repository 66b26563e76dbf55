"""A tensor cut into three groups at rows, with one coding and class vectors each."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid, whole


def model() -> Model:
    """Six rows of i64: rows 0-1, row 2 without classes, rows 3-5 with the next tensor."""
    values = whole(30, 24, -50, 50)
    bits = [value & (1 << 64) - 1 for value in values]
    first = Tensor("w", "i64", (6, 4), bits)
    second = Tensor("v", "i64", (2,), [7, 8])
    groups = [
        Group(coding="int", row_limit=2, hows=[How(classes={0: [1, 0]})], table_map=[0, *[1] * 63]),
        Group(coding="int", first_row=2, row_limit=3),
        Group(coding="int", first_row=3, hows=[How(classes={0: [3, 2, 1]}), How()]),
    ]
    return Model(tensors=[first, second], groups=groups, index=True)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "row-split", "halves", "classes")
