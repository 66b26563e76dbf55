"""An integer column where bytes belong."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed structure", faults={"structure.name_text.width": 1}
    )
