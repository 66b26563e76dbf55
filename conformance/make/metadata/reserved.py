"""A reserved field of the metadata is not zero."""

from __future__ import annotations

from conformance.make.metadata.entries import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "metadata/entries", model(), "unsupported structure", faults={"metadata.reserved": 1}
    )
