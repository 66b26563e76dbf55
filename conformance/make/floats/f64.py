"""Float coding of f64: raw fields of 50 bits."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f64, normal, valid


def model() -> Model:
    """One tensor."""
    bits = f64(*(value / 7 for value in normal(8, 9)), 0.0)
    how = How(first_exponent=1012)
    group = Group(coding="float", hows=[how], exponents=12)
    return Model(tensors=[Tensor("w", "f64", (5, 2), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f64")
