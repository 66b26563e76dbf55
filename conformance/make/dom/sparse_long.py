"""A sparse segment over 40000 elements with two changes."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.dom.root_long import model as root
from conformance.make.doms import WIDE, dom
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: elements 9 and 30000 are greater by 1 and less by 7."""
    bits = [7] * 40000
    bits[9], bits[30000] = 8, 0
    group = Group(coding="int", predicted=True, sparse=True, hybrid=Hybrid(*WIDE))
    return dom(root(), [Tensor("w", "u8", (40000,), bits)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "u8", roots=("dom/root_long",))
