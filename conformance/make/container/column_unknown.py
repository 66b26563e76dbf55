"""An unknown column that is not ancillary."""

from __future__ import annotations

from conformance.make.container.unknown_column import scalar
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/unknown_column",
        scalar(),
        "unsupported structure",
        faults={"structure.dims": b"new", "structure.dims.id": 999},
    )
