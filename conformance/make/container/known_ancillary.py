"""A structure unit with the ancillary flag."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "forbidden-value container", faults={"structure.head.flags": 1}
    )
