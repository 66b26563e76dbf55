"""Unknown ancillary units, also between a group and its segments, and an unknown column."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model as worked
from conformance.make.model import Model
from conformance.make.vector import Vector, extra_unit, valid, where
from conformance.make.writer import Unit


def model() -> Model:
    """Return the worked example, and an index that lists the unknown units."""
    return replace(worked(), index=True)


def add(units: list[Unit]) -> list[Unit]:
    """Put three unknown units in; one has the deflated flag and is not opened."""
    for kind, flags, before in ((14, 1, "structure"), (0xF000, 3, "segment1"), (99, 1, "index")):
        units.insert(where(units, before), extra_unit(kind, flags))
    return units


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "unknown-ancillary", "index", arrange=add)
