"""An alias of a tensor below 8 bits is whole, in another shape."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One storage of 4-bit elements."""
    tensors = [
        Tensor("a", "u4", (4,), [1, 2, 3, 4]),
        Tensor("b", "u4", (2, 2), [1, 2, 3, 4], alias_of=0),
    ]
    return Model(tensors=tensors, groups=[Group(coding="stored", alignment=0)], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "alias", "sub-byte", "stored")
