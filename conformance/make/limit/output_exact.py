"""As many bytes of tensors as the caller allows."""

from __future__ import annotations

from conformance.make.example.worked import model
from conformance.make.vector import Vector, valid

LIMITS = {"output_bytes": 36}


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "limits", limits=LIMITS)
