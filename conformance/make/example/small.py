"""The smallest useful stream: one constant tensor, no index."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Return the model: b = 0.5 three times."""
    b = Tensor("b", "f32", (3,), f32(0.5, 0.5, 0.5))
    return Model(tensors=[b], groups=[Group(coding="constant")], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "constant")
