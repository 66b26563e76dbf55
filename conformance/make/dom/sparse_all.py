"""A sparse segment in which every element changes."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: all gaps are 0."""
    tensor = near(root(), "w", 68, 1 << 40)
    tensor.bits = [x ^ 1 for x in tensor.bits]
    return dom(root(), [tensor], [Group(coding="int", predicted=True, sparse=True)])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", roots=("dom/root_grid",))
