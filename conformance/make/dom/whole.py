"""Tensors of a DoM that are coded by themselves, although the root has them."""

from __future__ import annotations

from conformance.make.dom.root_many import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: f32 with the coding float, i8 with the coding uniform."""
    levels = [1, -2, 3, 0, 0, 5, -6, 7]
    i8 = Tensor("i8", "i8", (8,), [level & 0xFF for level in levels])
    groups = [
        Group(coding="float", exponents=2, hows=[How(first_exponent=126)]),
        Group(coding="uniform", hows=[How(levels=levels, steps=[(1, 0)])]),
    ]
    return dom(root(), [near(root(), "f32", 76), i8], groups)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "float", "uniform", roots=("dom/root_many",))
