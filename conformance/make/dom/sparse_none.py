"""A sparse segment in which nothing changes: no words, no side bits."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root again."""
    group = Group(coding="int", predicted=True, sparse=True)
    return dom(root(), [near(root(), "w", 67, 1 << 40)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", roots=("dom/root_grid",))
