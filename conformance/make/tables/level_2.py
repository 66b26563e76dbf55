"""A table of 200 tokens, and 70 tables: more than level 1 allows."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid

TABLES = [[20] * 199 + [4096 - 199 * 20]] + [[0] * n + [4096] for n in range(69)]


def model() -> Model:
    """One busy table; most of the others are never used."""
    bits = [0, 5, 15, 16, 127, 60000, 199]
    group = Group(coding="int", hows=[How()], hybrid=Hybrid(7, 0, 0), tables=TABLES)
    tensor = Tensor("w", "u16", (7,), bits)
    return Model(tensors=[tensor], groups=[group], level=2, index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "level-2")
