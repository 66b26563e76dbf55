"""A map of zero low bits: one number a row, up to M - 2."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """One tensor."""
    bits = f32(1.0, -2.5, 0.0, 0.0, 1 / 3, 7.0, -4.0, 1.25)
    how = How(first_exponent=120, low_zero=[20, 21, 0, 21])
    group = Group(coding="float", hows=[how], exponents=8)
    return Model(tensors=[Tensor("w", "f32", (4, 2), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f32", "low-zero", "map")
