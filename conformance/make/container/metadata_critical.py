"""A metadata unit without the ancillary flag."""

from __future__ import annotations

from conformance.make.metadata.entries import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "metadata/entries", model(), "forbidden-value container", faults={"metadata.head.flags": 0}
    )
