"""A segment after the last one of its group."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, where
from conformance.make.writer import Unit


def again(units: list[Unit]) -> list[Unit]:
    """Repeat the dense segment."""
    at = where(units, "segment1")
    return [*units[: at + 1], *units[at:]]


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "malformed container", arrange=again, at="segment1")
