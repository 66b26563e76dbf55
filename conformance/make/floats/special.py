"""NaN payloads, infinities, -0 and subnormals, all as escapes."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [
        0x7FC00001,
        0xFFA12345,
        0x7F800000,
        0xFF800000,
        0x80000000,
        1,
        0x807FFFFF,
        0x3F800000,
        0,
    ]
    how = How(first_exponent=127)
    group = Group(coding="float", hows=[how], exponents=1)
    return Model(tensors=[Tensor("w", "f32", (3, 3), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "f32", "escape")
