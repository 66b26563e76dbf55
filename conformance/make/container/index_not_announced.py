"""An index that the stream header does not announce."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index", model(), "malformed container", faults={"header.flags": 0}, at="index"
    )
