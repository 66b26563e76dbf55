"""Unknown ancillary short units, of a type from 0 to 255."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model as worked
from conformance.make.model import Model
from conformance.make.vector import Vector, extra_unit, valid, where
from conformance.make.writer import Unit


def add(units: list[Unit]) -> list[Unit]:
    """Put four unknown units in; the last one stands at the end of the payload."""
    for kind, before in ((14, "structure"), (0, "segment1"), (255, "model_end")):
        units.insert(where(units, before), extra_unit(kind, 1))
    return [*units, extra_unit(34, 1, b"")]


def model() -> Model:
    """Return the worked example, packed."""
    return replace(worked(), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "unknown-ancillary", arrange=add)
