"""A root with a hidden tensor, an alias and a view."""

from __future__ import annotations

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, f32, valid

STORE = f32(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
A = f32(0.5, 0.25, 0.125)
B = f32(1.0, 3.0, 5.0, 2.0, 4.0, 6.0)
"""A view of the store: its columns."""


def model() -> Model:
    """Return the root; its tensors have the numbers a 0, b 1, c 2, d 3, e 4."""
    return plain(
        Tensor("store", "f32", (6,), STORE, hidden=True),
        Tensor("c", "f32", (3,), STORE[2:5], alias_of=0, offset=2),
        Tensor("b", "f32", (2, 3), B, alias_of=0, strides=(1, 2)),
        Tensor("a", "f32", (3,), A),
        Tensor("e", "f32", (0,)),
        Tensor("d", "f32", (2, 2), f32(0.0, -1.0, 1.0, 2.0)),
    )


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "hidden", "alias", "view")
