"""A gap byte between stored tensors is not zero."""

from __future__ import annotations

from conformance.make.stored.aligned import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "stored/aligned", model(), "forbidden-value segment", faults={"stored1.data": change(40, 1)}
    )
