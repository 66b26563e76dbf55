"""The flag has root with a root_count of 0."""

from __future__ import annotations

from conformance.make.dom.copied_bf16 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/copied_bf16",
        model(),
        "malformed structure",
        faults={"structure.root_count": 0},
        roots=("dom/root_f32",),
    )
