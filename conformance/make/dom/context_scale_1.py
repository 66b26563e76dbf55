"""Contexts from the exponent of the root, once, with a bias."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: w of the root, with differences that suit the contexts."""
    how = How(bias=130, classes={1: [0, 1, 2, 3, 4, 5, 6, 7]})
    table_map = [n // 4 for n in range(64)]
    group = Group(coding="int", predicted=True, scale=1, table_map=table_map, hows=[how])
    return dom(root(), [near(root(), "w", 61)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "context-scale", "classes", roots=("dom/root_grid",))
