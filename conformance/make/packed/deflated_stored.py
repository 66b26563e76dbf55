"""A packed stream in stored blocks of DEFLATE."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.small import model as base
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model, packed."""
    return replace(base(), packed="stored")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "deflate", "constant")
