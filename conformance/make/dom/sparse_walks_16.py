"""A sparse segment of 16 walk classes, the most there are: 32 tables."""

from __future__ import annotations

from conformance.make.dom.root_rows import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: a row a context, of each about a third of the elements changed."""
    group = Group(
        coding="int",
        predicted=True,
        sparse=True,
        lanes=1,
        table_map=[n // 4 for n in range(64)],
        hows=[How(classes={0: list(range(64))})],
    )
    return dom(root(), [near(root(), "w", 83, 3)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "classes", roots=("dom/root_rows",))
