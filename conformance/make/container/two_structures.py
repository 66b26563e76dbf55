"""A second structure unit."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken
from conformance.make.writer import Unit


def again(units: list[Unit]) -> list[Unit]:
    """Repeat the second unit."""
    return [*units[:2], *units[1:]]


def build() -> Vector:
    """Build the vector."""
    return broken(
        "example/worked",
        model(),
        "malformed container",
        arrange=again,
        at="structure",
        seen="group",
    )
