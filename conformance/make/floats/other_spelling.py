"""Legal spellings that an encoder avoids: +0 and a known exponent as escapes."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0x0000, 0x0000, 0x3C00, 0x3C01, 0x8000]
    how = How(first_exponent=1, escape=(0, 2))
    group = Group(coding="float", hows=[how], exponents=15)
    return Model(tensors=[Tensor("w", "f16", (5,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f16", "escape")
