"""The last byte of the signature is not zero."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "not-dombit container", faults={"file.signature": change(11, 1)}
    )
