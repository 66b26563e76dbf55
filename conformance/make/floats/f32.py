"""Float coding of f32: rows of raw fields, each starting in a new byte."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, normal, valid


def model() -> Model:
    """One tensor."""
    bits = f32(*normal(3, 21), 0.0, -0.0, 1.0)
    how = How(first_exponent=118)
    group = Group(coding="float", hows=[how], exponents=10, lanes=1)
    return Model(tensors=[Tensor("w", "f32", (4, 6), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f32")
