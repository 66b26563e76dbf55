"""A tensor cut over two groups at a row: dense, then sparse."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: two rows of w, then one, with v behind it."""
    groups = [
        Group(coding="int", predicted=True, row_limit=2, hows=[How(classes={0: [1, 0]})]),
        Group(coding="int", predicted=True, sparse=True, first_row=2, hows=[How(), How()]),
    ]
    out = dom(root(), [near(root(), "v", 65), near(root(), "w", 64)], groups)
    out.coded_order = [1, 0]
    return out


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "int", "sparse", "row-split", "coded-order", roots=("dom/root_grid",)
    )
