"""Bytes 14 and 15 of the skeleton are not zero."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors", model(), "unsupported structure", faults={"skeleton.reserved2": 1}
    )
