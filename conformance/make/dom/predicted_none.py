"""A predicted tensor without a root tensor."""

from __future__ import annotations

from conformance.make.dom.int_cast import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/int_cast",
        model(),
        "malformed parameters",
        faults={"structure.root_tensor": (1,)},
        at="group",
        roots=("dom/root_f32",),
    )
