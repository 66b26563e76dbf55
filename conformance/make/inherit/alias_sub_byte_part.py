"""An inherited alias of a dtype below 8 bits, with an offset."""

from __future__ import annotations

from conformance.make.inherit.alias_sub_byte import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/alias_sub_byte",
        model(),
        "forbidden-value structure",
        faults={"structure.alias_offset": (2,)},
        roots=("inherit/root_sub_byte",),
    )
