"""A difference of u8 that is greater than any in its range."""

from __future__ import annotations

from conformance.make.dom.int_u8 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector: +128, where -128 says the same."""
    return broken(
        "dom/int_u8",
        model(128),
        "forbidden-value reconstruction",
        at="segment",
        roots=("dom/root_many",),
    )
