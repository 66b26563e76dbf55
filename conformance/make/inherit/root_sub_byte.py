"""A root of two tensors in i4."""

from __future__ import annotations

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return a and b, which are equal."""
    a = Tensor("a", "i4", (4,), [1, 2, 3, 4])
    return plain(a, Tensor("b", "i4", (4,), [1, 2, 3, 4]))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "i4")
