"""Pad lengths need not be minimal."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.vector import Vector, valid


def build() -> Vector:
    """Build the vector: 56 pad bytes before the structure, 8 more before the end."""
    return valid(model(), "pad", structure__pad_length=56, group__pad_length=lambda pad: pad + 8)
