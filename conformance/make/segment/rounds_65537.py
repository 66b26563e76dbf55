"""65537 rounds in one lane."""

from __future__ import annotations

from conformance.make.model import Tensor
from conformance.make.segment.rounds_65536 import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    faulty = model()
    levels = [0] * 65537
    faulty.tensors = [Tensor("w", "f32", (65537,), levels)]
    faulty.groups[0].hows[0].levels = levels
    verdict = "forbidden-value segment"
    return broken("segment/rounds_65536", faulty, verdict, at="segment.count")
