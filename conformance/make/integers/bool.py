"""Booleans keep bytes other than 0 and 1."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0, 1, 1, 2, 255, 0]
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "bool", (6,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "bool")
