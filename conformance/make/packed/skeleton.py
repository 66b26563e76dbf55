"""A packed stream with a skeleton, permutations and CRCs."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.model import Model
from conformance.make.skeleton.pieces import model as base
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model, packed."""
    return replace(base(), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "skeleton", "permutation", "crc-piece")
