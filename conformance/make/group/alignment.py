"""An alignment of 2^7."""

from __future__ import annotations

from conformance.make.stored.aligned import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "stored/aligned", model(), "forbidden-value parameters", faults={"group.alignment": 7}
    )
