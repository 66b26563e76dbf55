"""A tensor digest is another."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, change


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "integrity identity",
        faults={"model_end.tensor_digests": change(32, 1)},
    )
