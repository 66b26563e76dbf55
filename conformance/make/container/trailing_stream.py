"""A second stream after the first."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.stream import build_stream
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/small",
        model(),
        "trailing-data container",
        faults={"file.tail": build_stream(model()).data},
    )
