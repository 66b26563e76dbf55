"""Aliases: all of a tensor in another shape, a part, and one that comes first."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """One storage under three names."""
    data = f32(*range(12))
    tensors = [
        Tensor("tied", "f32", (12,), data, alias_of=1),
        Tensor("weight", "f32", (3, 4), data),
        Tensor("part", "f32", (2, 2), data[5:9], alias_of=1, offset=5),
    ]
    return Model(tensors=tensors, groups=[Group(coding="stored", alignment=2)], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "alias", "stored")
