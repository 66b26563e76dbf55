"""An unknown kind of digest."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked", model(), "unsupported identity", faults={"model_end.digest_kind": 2}
    )
