"""A float tensor with escapes, raw fields and end payload, and one of halves of 64-bit integers."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid

NAN = 0xFFE10000
"""A negative NaN with a payload: all bits survive."""


def model() -> Model:
    """Return the model: f in rows of three with 16 zero low bits, n = -4294967298 and 100."""
    bits = [*f32(0.0, 1.28125, -0.7109375, 96.0, -0.5), NAN]
    f = Tensor("f", "f32", (2, 3), bits)
    n = Tensor("n", "i64", (2,), [value & (1 << 64) - 1 for value in (-4294967298, 100)])
    how = How(first_exponent=126, low_zero=16)
    floats = Group(coding="float", hows=[how], exponents=2, end_payload=True)
    return Model(tensors=[f, n], groups=[floats, Group(coding="int")], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "escape", "end-payload", "int", "halves")
