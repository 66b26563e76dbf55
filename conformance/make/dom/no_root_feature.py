"""A DoM without the feature bit of roots."""

from __future__ import annotations

from conformance.make.dom.copied_bf16 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/copied_bf16",
        model(),
        "malformed structure",
        faults={"header.required_features": 0},
        at="structure",
        roots=("dom/root_f32",),
    )
