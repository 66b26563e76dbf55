"""A coded order that mixes inherited and added tensors."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import near
from conformance.make.inherited import coded, heir, kept
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Return w, u and c in this order."""
    tensors = coded(kept(root()), near(root(), "u", 86))
    tensors = coded(tensors, near(root(), "w", 87))
    more = Tensor("c", "f32", (5,), f32(1.0, 2.0, 3.0, 4.0, 5.0))
    predicted = Group(coding="int", predicted=True, hows=[How(), How()])
    out = heir(root(), [*tensors, more], [predicted, Group(coding="stored", alignment=0)])
    out.coded_order = [2, 0, 3]
    return out


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "int",
        "stored",
        "coded-order",
        "inherited-structure",
        "added",
        roots=("dom/root_grid",),
    )
