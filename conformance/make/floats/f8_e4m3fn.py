"""Every pattern of f8_e4m3fn."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = list(range(256))
    how = How(first_exponent=1)
    group = Group(coding="float", hows=[how], exponents=15)
    return Model(tensors=[Tensor("w", "f8_e4m3fn", (16, 16), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f8_e4m3fn")
