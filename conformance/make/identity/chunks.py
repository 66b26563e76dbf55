"""A tensor of more than 1 MiB: its digest is over the digests of its chunks."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One byte more than a MiB, all the same."""
    tensor = Tensor("w", "u8", ((1 << 20) + 1,), [7] * ((1 << 20) + 1))
    return Model(tensors=[tensor], groups=[Group(coding="constant")], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "constant", "chunked-digest")
