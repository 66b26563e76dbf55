"""Reserved bit 1 of the structure flags."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "unsupported structure", faults={"structure.flags": 1 << 1}
    )
