"""An inherited tensor that is too large in its other dtype."""

from __future__ import annotations

from conformance.make.inherit.dtype_empty import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/dtype_empty",
        model(),
        "forbidden-value structure",
        faults={"structure.inherited_dtype": (33,)},
        roots=("inherit/dtype_root",),
    )
