"""A constant is another than it was."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "integrity identity", faults={"group1.constants": change(2, 1)}
    )
