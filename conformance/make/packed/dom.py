"""A packed DoM with a sparse segment."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.dom.sparse_one import model as base
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model, packed."""
    return replace(base(), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "dom", "sparse", roots=("dom/root_grid",))
