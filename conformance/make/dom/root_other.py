"""A root given that is another model than the one of the root digest."""

from __future__ import annotations

from conformance.make.dom.copied_bf16 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector: the stream of its twin, with the root of another."""
    return broken(
        "dom/copied_bf16",
        model(),
        "root-mismatch structure",
        at="structure.root_digest",
        roots=("dom/root_grid",),
    )
