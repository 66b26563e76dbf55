"""A stored unit in a group that is coded."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, broken, where
from conformance.make.writer import Unit


def as_stored(units: list[Unit]) -> list[Unit]:
    """Call the map segment a stored unit."""
    unit = units[where(units, "segment")]
    unit.type, unit.align = 8, 64
    return units


def build() -> Vector:
    """Build the vector."""
    return broken("example/worked", model(), "malformed container", arrange=as_stored, at="segment")
