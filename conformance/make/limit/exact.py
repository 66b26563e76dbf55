"""Tensors, pieces, units, rank and skeleton data at the limits of the caller."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, valid

LIMITS = {"tensors": 3, "units": 10, "rank": 2, "inflated_bytes": 120}


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "limits", limits=LIMITS)
