"""A root with a tensor of no elements whose dims are large."""

from __future__ import annotations

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root."""
    return plain(Tensor("z", "u8", (0, 1 << 47, 4)))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored")
