"""Inflated payloads of as many bytes as the caller allows."""

from __future__ import annotations

from conformance.make.container.deflated_stored import model
from conformance.make.vector import Vector, valid

LIMITS = {"inflated_bytes": 164}


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "limits", limits=LIMITS)
