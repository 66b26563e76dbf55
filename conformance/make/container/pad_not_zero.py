"""A pad byte that is not zero."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "forbidden-value container", faults={"group.pad": change(3, 1)}
    )
