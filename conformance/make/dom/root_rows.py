"""A root of 64 rows of u16."""

from __future__ import annotations

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, valid, whole


def model() -> Model:
    """Return the root: 8 elements a row."""
    return plain(Tensor("w", "u16", (64, 8), whole(89, 512, 0, 65535)))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored")
