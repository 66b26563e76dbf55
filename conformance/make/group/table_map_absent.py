"""A group with one table and no column that says so."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid, whole


def model() -> Model:
    """Return the model: every context has table 0."""
    w = Tensor("w", "u8", (4, 8), whole(81, 32, 0, 9))
    group = Group(coding="int", map_default=0)
    return Model(tensors=[w], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "table-map-absent")
