"""A word that no lane draws."""

from __future__ import annotations

from conformance.make.segment.lanes_1 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "segment/lanes_1",
        model(),
        "malformed segment",
        faults={
            "segment.words": lambda words: words + b"\0\0",
            "segment.word_count": lambda n: n + 1,
        },
    )
