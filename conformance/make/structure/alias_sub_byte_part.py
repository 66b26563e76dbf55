"""An alias of a part of a tensor below 8 bits."""

from __future__ import annotations

from conformance.make.structure.alias_sub_byte import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "structure/alias_sub_byte",
        model(),
        "forbidden-value structure",
        faults={"structure.dims": (4, 2, 1), "structure.output_bytes": 3},
    )
