"""A group with an unknown ancillary column, which is skipped."""

from __future__ import annotations

from conformance.make.container.unknown_column import scalar
from conformance.make.vector import Vector, valid


def build() -> Vector:
    """Build the vector: bytes that no decoder of 0.1 knows."""
    return valid(scalar(), "unknown-column", group__unknown=b"new", group__unknown__flags=1)
