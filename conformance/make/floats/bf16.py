"""Float coding of bf16, in classes of rows."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid, whole


def model() -> Model:
    """One tensor."""
    bits = [
        b ^ s << 15 for b, s in zip(whole(6, 40, 0x3E00, 0x3F80), whole(7, 40, 0, 1), strict=True)
    ]
    how = How(first_exponent=122, classes={0: [0, 1]})
    group = Group(coding="float", hows=[how], exponents=6, table_map=[0] + [1] * 63)
    return Model(tensors=[Tensor("w", "bf16", (2, 20), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "bf16", "classes")
