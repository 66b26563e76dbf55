"""As many bytes of names, shared ones counted, as the caller allows."""

from __future__ import annotations

from conformance.make.structure.names import model
from conformance.make.vector import Vector, valid

LIMITS = {"inflated_bytes": 45}


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "limits", limits=LIMITS)
