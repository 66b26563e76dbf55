"""Complex numbers are an axis of two more: real, imaginary."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, normal, valid


def model() -> Model:
    """One tensor."""
    bits = f32(*normal(9, 12))
    how = How(first_exponent=118, classes={2: [0, 1]}, split_columns=2)
    group = Group(coding="float", hows=[how], exponents=10, table_map=[0] + [1] * 63)
    return Model(tensors=[Tensor("w", "c64", (3, 2), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "c64", "classes")
