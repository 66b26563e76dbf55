"""A payload that does not start at a multiple of 8."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed container", faults={"structure.pad_length": 4}
    )
