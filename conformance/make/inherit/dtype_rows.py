"""Fewer inherited dtypes than inherited tensors."""

from __future__ import annotations

from conformance.make.inherit.cast_mixed import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/cast_mixed",
        model(),
        "malformed structure",
        faults={"structure.inherited_dtype": (3, 17)},
        roots=("dom/root_grid",),
    )
