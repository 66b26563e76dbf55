"""Tensors added to all that is inherited, whose names stand before and between."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Return the root with two constants."""
    more = [Tensor("uv", "f32", (2,), f32(1.5, 1.5)), Tensor("a", "f32", (), f32(7.0))]
    groups = [Group(coding="constant", hows=[How(), How()])]
    return heir(root(), [*kept(root()), *more], groups)


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "constant", "inherited-structure", "added", roots=("dom/root_grid",)
    )
