"""A packed stream of a model without tensors."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.container.empty_model import model as base
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model, packed."""
    return replace(base(), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed")
