"""As many bytes of files as the caller allows."""

from __future__ import annotations

from conformance.make.skeleton.safetensors import model
from conformance.make.vector import Vector, valid

LIMITS = {"output_bytes": 156}


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "limits", limits=LIMITS)
