"""One tensor of three in bf16, and one that is coded in i8."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir, in_bf16, kept
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return u as it is, v by itself, w cast."""
    u, v, w = kept(root())
    v = Tensor("v", "i8", v.shape, [9] * 8, inherited=True)
    return heir(root(), [u, v, in_bf16(w)], [Group(coding="constant")])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "copied",
        "cast",
        "constant",
        "inherited-structure",
        roots=("dom/root_grid",),
    )
