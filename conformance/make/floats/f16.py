"""Float coding of f16."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid, whole


def model() -> Model:
    """One tensor."""
    bits = whole(4, 30, 0x3000, 0x4000) + whole(5, 6, 0xB000, 0xBFFF)
    how = How(first_exponent=10)
    group = Group(coding="float", hows=[how], exponents=6)
    return Model(tensors=[Tensor("w", "f16", (4, 9), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f16")
