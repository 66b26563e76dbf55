"""A sparse segment whose end states carry side bits."""

from __future__ import annotations

from conformance.make.coder import Hybrid
from conformance.make.dom.root_grid import model as root
from conformance.make.doms import WIDE, dom, near
from conformance.make.model import Group, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: four lanes, 64 bits in the end states."""
    group = Group(
        coding="int",
        predicted=True,
        sparse=True,
        lanes=2,
        end_payload=True,
        hybrid=Hybrid(*WIDE),
    )
    tensor = near(root(), "w", 71, 1)
    tensor.bits = [x ^ 1 << n % 20 for n, x in enumerate(tensor.bits)]
    return dom(root(), [tensor], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "end-payload", roots=("dom/root_grid",))
