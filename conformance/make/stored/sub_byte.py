"""Stored tensors of 2, 4 and 6 bits, packed, with unused last bits."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Three tensors that end inside a byte."""
    tensors = [
        Tensor("two", "u2", (3,), [3, 0, 2]),
        Tensor("four", "i4", (5,), [15, 1, 8, 7, 3]),
        Tensor("six", "f6_e3m2", (3,), [63, 0, 33]),
    ]
    groups = [Group(coding="stored", alignment=0) for _ in tensors]
    return Model(tensors=tensors, groups=groups, index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "sub-byte")
