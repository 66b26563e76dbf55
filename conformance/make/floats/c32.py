"""Complex numbers of two f16."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f16, valid


def model() -> Model:
    """One tensor."""
    bits = f16(0.5, 1.0, -2.0, 0.0, -0.25, 0.75)
    how = How(first_exponent=13)
    group = Group(coding="float", hows=[how], exponents=4)
    return Model(tensors=[Tensor("w", "c32", (3,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "c32")
