"""A group without elements has no tables and no segments."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Three empty tensors."""
    tensors = [
        Tensor("none", "f32", (0, 4)),
        Tensor("more", "i4", (2, 0)),
        Tensor("kept", "u8", (0,)),
    ]
    groups = [Group(coding="float", exponents=1), Group(coding="stored"), Group(coding="constant")]
    return Model(tensors=tensors, groups=groups, index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "empty")
