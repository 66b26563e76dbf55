"""u32: both sides of every power of two, hybrid 7/1/1, tables of level 2."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [(1 << k) - d for k in range(33) for d in (1, 0)][:-1]
    group = Group(coding="int", hows=[How()], hybrid=Hybrid(7, 1, 1))
    return Model(tensors=[Tensor("w", "u32", (65,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u32", "level-2")
