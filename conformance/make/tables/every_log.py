"""A table in which every log-count and every way to code it occurs."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid

ROW = [1, 2, 3, 4, 6, 0, 8, 10, 12, 14, 16, 20, 0, 64, 0, 0, 256, 288, 512, 1024, 1, 1795]
"""1795 is no frequency of the code: it is what remains."""


def model() -> Model:
    """One symbol of each token that occurs."""
    row = [*ROW[:-1], 4096 - sum(ROW[:-1])]
    bits = [token for token, frequency in enumerate(row) if frequency and token < 16]
    group = Group(coding="int", hows=[How()], tables=[row])
    return Model(tensors=[Tensor("w", "u8", (len(bits),), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int")
