"""An inherited tensor that is coded, dense, between others that are copied."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import near
from conformance.make.inherited import coded, heir, kept
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with another v."""
    tensors = coded(kept(root()), near(root(), "v", 84))
    return heir(root(), tensors, [Group(coding="int", predicted=True)])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "copied", "inherited-structure", roots=("dom/root_grid",))
