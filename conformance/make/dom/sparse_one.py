"""A sparse segment with one change, the last element."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with one element less by 70 units in the last place."""
    tensor = near(root(), "w", 67, 1 << 40)
    tensor.bits[-1] -= 70
    return dom(root(), [tensor], [Group(coding="int", predicted=True, sparse=True)])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", roots=("dom/root_grid",))
