"""A number of a root tensor that the root does not have."""

from __future__ import annotations

from conformance.make.dom.copied import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/copied",
        model(),
        "malformed structure",
        faults={"structure.root_tensor": (0, 3, 0)},
        roots=("dom/root_f32",),
    )
