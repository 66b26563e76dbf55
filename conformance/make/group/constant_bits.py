"""Unused bits of a constant of 4 bits are not zero."""

from __future__ import annotations

from conformance.make.structure.all_dtypes import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/all_dtypes",
        model(),
        "forbidden-value parameters",
        faults={"group21.constants": change(0, 0x80)},
    )
