"""Hybrid 0/0/0: tokens are bit lengths."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0, 1, 2, 3, 4, 200, 255]
    group = Group(coding="int", hows=[How()], hybrid=Hybrid(0, 0, 0))
    return Model(tensors=[Tensor("w", "u8", (7,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u8", "hybrid")
