"""A constant of every dtype."""

from __future__ import annotations

from conformance.make.model import DTYPES, Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """29 tensors, each in a group of its own."""
    tensors = []
    for code, (name, (_, width, parts, *_)) in enumerate(DTYPES.items()):
        one = [(0x9E3779B97F4A7C15 >> part * 7 + code) % (1 << width) for part in range(parts)]
        tensors.append(Tensor(name, name, (3,), one * 3))
    groups = [Group(coding="constant") for _ in tensors]
    return Model(tensors=tensors, groups=groups, index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "constant")
