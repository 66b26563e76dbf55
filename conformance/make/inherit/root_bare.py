"""The tensors of a root without its files."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return w and v."""
    return replace(root(), skeleton=None)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored")
