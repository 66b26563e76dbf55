"""One byte of tensors more than the caller allows."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "limit/output_exact",
        model(),
        "limit-exceeded structure",
        limits={"output_bytes": 35},
        at="structure.output_bytes",
    )
