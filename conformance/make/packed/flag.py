"""A reserved flag of a short unit."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "unsupported container",
        faults={"structure.short.flags": 128},
    )
