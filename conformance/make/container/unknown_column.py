"""A table with an unknown ancillary column, which is skipped."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def scalar() -> Model:
    """One scalar; its unused dims column is what becomes unknown."""
    b = Tensor("b", "f32", (), f32(0.5))
    return Model(tensors=[b], groups=[Group(coding="constant")], index=False)


def build() -> Vector:
    """Build the vector: bytes that no decoder of 0.1 knows."""
    faults = {"structure__dims": b"new", "structure__dims__id": 999, "structure__dims__flags": 1}
    return valid(scalar(), "unknown-column", **faults)
