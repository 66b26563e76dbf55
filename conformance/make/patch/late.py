"""A skeleton patch behind a group."""

from __future__ import annotations

from conformance.make.inherit.files import model
from conformance.make.vector import Vector, broken, extra_unit, inserted


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/files",
        model(),
        "malformed container",
        arrange=inserted(extra_unit(13, 0, bytes(8)), "model_end"),
        at="extra",
        roots=("inherit/root_files",),
    )
