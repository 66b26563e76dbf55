"""A name is another than it was."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "integrity identity", faults={"structure.name_text": b"wc"}
    )
