"""A DoM of a DoM."""

from __future__ import annotations

from conformance.make.dom.sparse_one import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: another change of w."""
    group = Group(coding="int", predicted=True, sparse=True)
    return dom(root(), [near(root(), "w", 77, 4)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "chain", roots=("dom/sparse_one", "dom/root_grid"))
