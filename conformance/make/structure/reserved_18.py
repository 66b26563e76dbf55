"""Bytes 18 and 19 of the structure are not zero."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "unsupported structure", faults={"structure.reserved": 256}
    )
