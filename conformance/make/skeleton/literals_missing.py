"""The literal bytes are missing."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, broken, without


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/safetensors",
        model(),
        "malformed container",
        arrange=without("literals"),
        at="group",
    )
