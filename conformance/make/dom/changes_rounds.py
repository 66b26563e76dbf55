"""Changes for more than 65536 rounds."""

from __future__ import annotations

from conformance.make.dom.sparse_long import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "dom/sparse_long",
        model(),
        "forbidden-value segment",
        faults={"segment.changes": (32769).to_bytes(4, "little")},
        roots=("dom/root_long",),
    )
