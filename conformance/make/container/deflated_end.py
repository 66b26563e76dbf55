"""An end unit with the deflated flag."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "forbidden-value container", faults={"end.head.flags": 2}
    )
