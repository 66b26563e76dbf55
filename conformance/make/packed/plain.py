"""A packed stream: maps, lanes and constants in short units."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model as base
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model, packed."""
    return replace(base(), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "uniform", "classes", "map", "constant")
