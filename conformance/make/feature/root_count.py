"""A root_count of 2."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "unsupported structure", faults={"structure.root_count": 2}
    )
