"""A second stream header."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken
from conformance.make.writer import Unit


def again(units: list[Unit]) -> list[Unit]:
    """Repeat the first unit."""
    return [units[0], *units]


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "malformed container", arrange=again, at="header")
