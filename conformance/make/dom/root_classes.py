"""Two context sets, by a prediction of zero or not, with classes and a negative bias."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: -0 counts as zero; contexts 0, 10, 30 and those of the other set."""
    table_map = [n // 30 for n in range(64)] + [3 + n // 30 for n in range(64)]
    how = How(bias=-30, classes={0: [40, 60, 20]})
    group = Group(coding="int", predicted=True, root_classes=2, table_map=table_map, hows=[how])
    return dom(root(), [near(root(), "w", 61)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "root-classes", "classes", roots=("dom/root_grid",))
