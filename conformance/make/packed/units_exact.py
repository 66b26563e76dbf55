"""As many short units as the caller allows."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model as worked
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the worked example, packed: seven short units."""
    return replace(worked(), packed="")


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "limits", limits={"units": 7})
