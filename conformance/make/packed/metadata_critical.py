"""Metadata in a short unit without the flag ancillary."""

from __future__ import annotations

from conformance.make.packed.metadata import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/metadata",
        model(),
        "forbidden-value container",
        faults={"metadata.short.flags": 0},
    )
