"""A packed stream of stored units, which stand at no multiple of 64."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.model import Model
from conformance.make.stored.aligned import model as base
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model, packed."""
    return replace(base(), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "stored")
