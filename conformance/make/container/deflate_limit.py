"""raw_size says more than 64 MiB."""

from __future__ import annotations

from conformance.make.container.deflated_stored import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/deflated_stored",
        model(),
        "limit-exceeded container",
        faults={"structure.raw_size": (64 << 20) + 1},
    )
