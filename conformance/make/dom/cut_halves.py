"""Halves of 64-bit differences cut by groups and segments."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.dom.root_many import model as root
from conformance.make.doms import WIDE, dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: u64 with a row a half, cut behind the high half of element 2."""
    hybrid, how = Hybrid(*WIDE), How(split_rows=2)
    groups = [
        Group(coding="int", predicted=True, hybrid=hybrid, row_limit=5, hows=[how]),
        Group(coding="int", predicted=True, hybrid=hybrid, first_row=5, cuts=[4, 7], hows=[how]),
    ]
    return dom(root(), [near(root(), "u64", 66)], groups)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "row-split", "halves", roots=("dom/root_many",))
