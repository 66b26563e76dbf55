"""A number of a coded tensor that stands twice."""

from __future__ import annotations

from conformance.make.dom.uniform_wide import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/uniform_wide",
        model(),
        "malformed structure",
        faults={"structure.coded": (0, 0)},
        roots=("dom/root_many",),
    )
