"""A DoM with a chain_depth of 65."""

from __future__ import annotations

from conformance.make.dom.copied_bf16 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/copied_bf16",
        model(),
        "forbidden-value structure",
        faults={"structure.chain_depth": 65},
        roots=("dom/root_f32",),
    )
