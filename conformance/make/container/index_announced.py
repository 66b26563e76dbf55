"""The stream header announces an index that is not there."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed container", faults={"header.flags": 1}, seen="end"
    )
