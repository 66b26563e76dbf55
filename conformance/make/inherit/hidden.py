"""An inherited tensor that is hidden, and one that is added and hidden."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Return u and w."""
    u, v, w = kept(root())
    more = Tensor("h", "f32", (2,), f32(3.0, 3.0), hidden=True)
    return heir(root(), [u, replace(v, hidden=True), w, more], [Group(coding="constant")])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "hidden", "inherited-structure", "added", roots=("dom/root_grid",))
