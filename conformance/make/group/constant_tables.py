"""A constant group with a table."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed parameters", faults={"group1.table_count": 1}
    )
