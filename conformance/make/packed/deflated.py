"""A packed stream that is deflated as a whole."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model as base
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model, packed."""
    return replace(base(), packed="fixed")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "deflate")
