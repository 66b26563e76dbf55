"""A tensor under another name: dropped, added, and copied by its number."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with x for v."""
    v = root().tensors[1]
    x = Tensor("x", "f32", v.shape, v.bits, root_tensor=3, copied=True)
    return heir(root(), [*kept(root(), "v"), x])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "copied",
        "inherited-structure",
        "dropped",
        "added",
        roots=("dom/root_grid",),
    )
