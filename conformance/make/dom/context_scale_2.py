"""Contexts from the exponent of the root, twice, in two context sets."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: w of the root, with differences that suit the contexts."""
    table_map = [n // 8 for n in range(128)]
    how = How(bias=280)
    group = Group(
        coding="int", predicted=True, scale=2, root_classes=2, table_map=table_map, hows=[how]
    )
    return dom(root(), [near(root(), "w", 61)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "context-scale", "root-classes", roots=("dom/root_grid",))
