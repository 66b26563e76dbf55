"""Names that share bytes, in UTF-8, one byte long, not in byte order."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Seven names; é and ê share their first byte."""
    names = ("layer.0.weight", "layer.0.bias", "layer.1.bias", "é", "ê", "a", "a ")
    tensors = [Tensor(name, "u8", (1,), [n]) for n, name in enumerate(names)]
    group = Group(coding="stored", hows=[How() for _ in names], alignment=0)
    return Model(tensors=tensors, groups=[group], index=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "names", "stored")
