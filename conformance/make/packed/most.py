"""A packed unit of 65536 bytes, deflated."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.small import model as small
from conformance.make.model import Model
from conformance.make.vector import Vector, extra_unit, inserted, valid

MOST = 65536 - 250 - 4
"""Bytes of an unknown unit that fills the payload."""


def model() -> Model:
    """Return the smallest useful model, packed."""
    return replace(small(), packed="fixed")


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "packed",
        "deflate",
        "unknown-ancillary",
        arrange=inserted(extra_unit(14, 1, bytes(MOST)), "structure"),
    )
