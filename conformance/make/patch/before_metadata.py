"""A skeleton patch before the metadata."""

from __future__ import annotations

from conformance.make.inherit.files_metadata import model
from conformance.make.vector import Vector, broken, moved


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/files_metadata",
        model(),
        "malformed container",
        arrange=moved("patch", "metadata"),
        at="metadata",
        roots=("inherit/root_files",),
    )
