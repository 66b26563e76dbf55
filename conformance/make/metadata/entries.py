"""Metadata: keys, an empty value, text that is not ASCII."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """One tensor and three entries."""
    b = Tensor("b", "f32", (3,), f32(0.5, 0.5, 0.5))
    pairs = [("format", "pt"), ("", ""), ("größe", "€ 7")]
    return Model(tensors=[b], groups=[Group(coding="constant")], index=False, metadata=pairs)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "metadata")
