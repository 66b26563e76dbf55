"""An added tensor with the name of an inherited one."""

from __future__ import annotations

from conformance.make.inherit.added import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/added",
        model(),
        "malformed structure",
        faults={"structure.name_text": b"uvw"},
        roots=("dom/root_grid",),
    )
