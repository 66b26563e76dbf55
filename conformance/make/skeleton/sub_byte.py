"""A hole over a tensor of 4-bit elements, and a permutation that nothing uses."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return a 2 x 2 tensor of u4 in a file of its bytes."""
    tensor = Tensor("w", "u4", (2, 2), [1, 2, 3, 4])
    pieces = [Piece(data=tensor.canonical(), hole=(0, 0, 0))]
    skeleton = Skeleton(carrier=0, files=[("w.raw", pieces)], permutations=[[1, 0]])
    return Model(tensors=[tensor], groups=[Group(coding="stored", alignment=0)], skeleton=skeleton)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "skeleton", "sub-byte", "permutation")
