"""A sparse segment of one walk class, without the column of the contexts."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model."""
    group = Group(coding="int", predicted=True, sparse=True, map_default=0)
    return dom(root(), [near(root(), "w", 82)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "table-map-absent", roots=("dom/root_grid",))
