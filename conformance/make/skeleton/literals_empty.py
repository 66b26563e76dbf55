"""A skeleton data unit of no bytes."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors", model(), "malformed structure", faults={"literals.data": b""}
    )
