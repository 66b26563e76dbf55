"""Complex numbers of two f64."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f64, normal, valid


def model() -> Model:
    """One tensor."""
    bits = f64(*normal(10, 6))
    how = How(first_exponent=1014)
    group = Group(coding="float", hows=[how], exponents=10)
    return Model(tensors=[Tensor("w", "c128", (3,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "c128")
