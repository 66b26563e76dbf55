"""A scalar, empty tensors, and a rank of 32."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Four shapes in one float group."""
    tensors = [
        Tensor("scalar", "f32", (), f32(1.5)),
        Tensor("none", "f32", (0,)),
        Tensor("rows", "f32", (3, 0, 2)),
        Tensor("deep", "f32", (1,) * 31 + (2,), f32(-1.0, 2.0)),
    ]
    how = [How(first_exponent=127) for _ in tensors]
    group = Group(coding="float", hows=how, exponents=2)
    return Model(tensors=tensors, groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "empty", "scalar", "float")
