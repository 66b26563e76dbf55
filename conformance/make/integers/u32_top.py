"""The largest value, whose token is the largest one that means something."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One element."""
    group = Group(coding="int", hows=[How()], tables=[[0] * 239 + [4096]])
    return Model(
        tensors=[Tensor("w", "u32", (1,), [0xFFFFFFFF])], groups=[group], level=2, index=False
    )


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u32", "level-2")
