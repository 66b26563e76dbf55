"""The same number of zero low bits in all rows."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid, whole


def model() -> Model:
    """One tensor."""
    bits = f32(*(value / 256 for value in whole(11, 12, -999, 999)))
    how = How(first_exponent=116, low_zero=13)
    group = Group(coding="float", hows=[how], exponents=12)
    return Model(tensors=[Tensor("w", "f32", (3, 4), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f32", "low-zero")
