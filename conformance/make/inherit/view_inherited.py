"""An inherited view over a hidden tensor that is added."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.dom.root_tied import STORE
from conformance.make.dom.root_tied import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root as it is made: b and c share a store."""
    a, b, c, d, e = kept(root())
    b = replace(b, alias_of=5, strides=(1, 2), copied=False)
    c = replace(c, alias_of=5, offset=2, copied=False)
    store = Tensor("store", "f32", (6,), STORE, hidden=True)
    stored = Group(coding="stored", alignment=0)
    return heir(root(), [a, b, c, d, e, store], [stored])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "alias",
        "view",
        "hidden",
        "inherited-structure",
        "added",
        roots=("dom/root_tied",),
    )
