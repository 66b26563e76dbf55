"""A DoM that inherits from a DoM that inherits, with a tensor less and one more."""

from __future__ import annotations

from conformance.make.inherit.sparse import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Drop u, add b: its number in the next model is 0."""
    more = Tensor("b", "f32", (2,), f32(4.0, 4.0))
    return heir(root(), [*kept(root(), "u"), more], [Group(coding="constant")])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "chain", "inherited-structure", roots=("inherit/sparse", "dom/root_grid")
    )
