"""A sparse segment in a dense group."""

from __future__ import annotations

from conformance.make.dom.int_cast import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/int_cast",
        model(),
        "malformed segment",
        faults={"segment.kind": 2},
        roots=("dom/root_f32",),
    )
