"""A skeleton patch in a DoM that inherits no files."""

from __future__ import annotations

from conformance.make.inherit.dropped import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/dropped",
        model(),
        "malformed container",
        arrange=inserted(extra_unit(13, 0, bytes(8)), "model_end"),
        at="extra",
        roots=("dom/root_tied",),
    )
