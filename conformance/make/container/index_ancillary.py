"""An index unit with the ancillary flag."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index", model(), "forbidden-value container", faults={"index.head.flags": 1}
    )
