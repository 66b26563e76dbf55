"""u64 as halves, the high one first, each in a class of its own."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = [0, 1, (1 << 64) - 1, 1 << 32, (1 << 32) - 1, 1 << 63, 7, 300]
    group = Group(
        coding="int",
        hows=[How(split_columns=2, classes={2: [0, 1]})],
        table_map=[0] + [1] * 63,
        hybrid=Hybrid(2, 0, 1),
        table_size=64,
    )
    return Model(tensors=[Tensor("w", "u64", (2, 4), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "u64", "halves", "classes")
