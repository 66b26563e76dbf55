"""A root_count of 1 without the flag has root."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/small",
        model(),
        "malformed structure",
        faults={"structure.root_count": 1},
    )
