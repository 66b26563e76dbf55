"""A skeleton that the structure does not announce."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "malformed container",
        faults={"structure.flags": 0},
        at="skeleton",
    )
