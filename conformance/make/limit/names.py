"""One byte of names more than the caller allows."""

from __future__ import annotations

from conformance.make.structure.names import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "limit/names_exact",
        model(),
        "limit-exceeded structure",
        limits={"inflated_bytes": 44},
        at="structure.name_length",
    )
