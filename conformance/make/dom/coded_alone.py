"""The column coded in a model without root."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/small",
        model(),
        "malformed structure",
        faults={"structure.coded": (0,)},
    )
