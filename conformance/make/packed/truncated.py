"""A file that ends inside a packed unit."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "truncated container",
        cut=-60,
        seen="packed",
    )
