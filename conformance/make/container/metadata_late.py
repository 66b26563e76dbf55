"""Metadata after a group."""

from __future__ import annotations

from conformance.make.metadata.entries import model
from conformance.make.vector import Vector, broken, moved


def build() -> Vector:
    """Build the vector."""
    return broken(
        "metadata/entries",
        model(),
        "malformed container",
        arrange=moved("metadata", "model_end"),
        at="metadata",
    )
