"""A short unit that says a byte more than the payload has."""

from __future__ import annotations

from conformance.make.packed.plain import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "packed/plain",
        model(),
        "malformed container",
        faults={"model_end.short.size": lambda size: size + 1},
    )
