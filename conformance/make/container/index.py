"""The worked example with an index."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model as worked
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the worked example, and an index."""
    return replace(worked(), index=True)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "index")
