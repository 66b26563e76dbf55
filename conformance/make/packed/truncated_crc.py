"""A file that ends inside the CRC of a packed unit."""

from __future__ import annotations

from conformance.make.packed.deflated import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/deflated",
        model(),
        "truncated container",
        cut=-1,
        seen="packed",
    )
