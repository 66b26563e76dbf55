"""An inflated payload one byte longer than the caller allows."""

from __future__ import annotations

from conformance.make.container.deflated_stored import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "limit/inflated_exact",
        model(),
        "limit-exceeded container",
        limits={"inflated_bytes": 163},
        at="group",
    )
