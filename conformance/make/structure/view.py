"""Views: a transpose, a repeated row, an overlap, an empty one."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Return a hidden storage and four views of it."""
    data = f32(*range(12))
    seen = [data[4 * c + r] for r in range(4) for c in range(3)]
    tensors = [
        Tensor("storage", "f32", (12,), data, hidden=True),
        Tensor("turned", "f32", (4, 3), seen, alias_of=0, strides=(1, 4)),
        Tensor("same", "f32", (2, 3), data[2:5] * 2, alias_of=0, offset=2, strides=(0, 1)),
        Tensor("bands", "f32", (2, 3), data[0:3] + data[1:4], alias_of=0, strides=(1, 1)),
        Tensor("empty", "f32", (0, 9), alias_of=0, offset=40, strides=(70, 70)),
    ]
    return Model(tensors=tensors, groups=[Group(coding="stored", alignment=2)], index=True)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "view", "alias", "hidden", "stored", "index")
