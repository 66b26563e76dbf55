"""A CRC piece of five bytes."""

from __future__ import annotations

from conformance.make.skeleton.pieces import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/pieces",
        model(),
        "forbidden-value structure",
        faults={"skeleton.piece_length": change(2, 1), "skeleton.file_size": (29, 12, 0)},
    )
