"""Two root classes in a group that is not predicted."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "malformed parameters", faults={"group.root_classes": 2}
    )
