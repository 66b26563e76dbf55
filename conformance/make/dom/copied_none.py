"""A copied tensor that says it has no root tensor."""

from __future__ import annotations

from conformance.make.dom.copied_bf16 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/copied_bf16",
        model(),
        "malformed structure",
        faults={"structure.root_tensor": (1,)},
        roots=("dom/root_f32",),
    )
