"""Opaque bytes."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """One tensor."""
    bits = list(b"block-quantised")
    group = Group(coding="int", hows=[How()])
    return Model(tensors=[Tensor("w", "opaque8", (15,), bits)], groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "int", "opaque8")
