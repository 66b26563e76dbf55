"""The greatest and the least bias, with halves of f64 whose contexts are those of the whole."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.dom.root_many import model as root
from conformance.make.doms import WIDE, dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: contexts 63, 3 and 1 of f64, and 0 of bf16."""
    table_map = [min(n, 4) for n in range(64)]
    high = Group(
        coding="int",
        predicted=True,
        scale=2,
        hybrid=Hybrid(*WIDE),
        table_map=table_map,
        hows=[How(bias=4095)],
    )
    low = Group(coding="int", predicted=True, scale=1, hows=[How(bias=-4096)])
    return dom(root(), [near(root(), "f64", 62), near(root(), "bf16", 63)], [high, low])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "context-scale", roots=("dom/root_many",))
