"""Hybrid 3/3/0."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0, 7, 8, 9, 15, 16, 17, 1000, 65535]
    group = Group(coding="int", hows=[How()], hybrid=Hybrid(3, 3, 0), table_size=64)
    return Model(tensors=[Tensor("w", "u16", (9,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u16", "hybrid")
