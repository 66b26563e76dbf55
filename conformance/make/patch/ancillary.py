"""A skeleton patch with the flag ancillary."""

from __future__ import annotations

from conformance.make.patch.longer import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/longer",
        model(),
        "forbidden-value container",
        faults={"patch.head.flags": 1},
        roots=("inherit/root_files",),
    )
