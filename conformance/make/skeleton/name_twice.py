"""Two files of one name."""

from __future__ import annotations

from conformance.make.skeleton.pieces import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "skeleton/pieces",
        model(),
        "malformed structure",
        faults={
            "skeleton.file_name_text": b"m.onnx" + b"data/ext.bin" + b"m",
            "skeleton.file_name_length": (1, 17, 1),
        },
    )
