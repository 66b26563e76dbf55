"""added_count in a structure that inherits nothing."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "unsupported structure", faults={"structure.added_count": 1}
    )
