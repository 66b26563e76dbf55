"""Hybrid 4/0/4: all low bits are in the token."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0, 15, 16, 17, 31, 32, 100]
    group = Group(coding="int", hows=[How()], hybrid=Hybrid(4, 0, 3))
    return Model(tensors=[Tensor("w", "u8", (7,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u8", "hybrid")
