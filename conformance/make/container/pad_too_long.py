"""A pad_length of 64."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "forbidden-value container", faults={"structure.pad_length": 64}
    )
