"""The index stands before the model end."""

from __future__ import annotations

from conformance.make.container.index import model
from conformance.make.vector import Vector, broken, moved


def build() -> Vector:
    """Build the vector."""
    return broken(
        "container/index",
        model(),
        "malformed container",
        arrange=moved("index", "model_end"),
        at="index",
    )
