"""The feature bits of roots and sparse segments in a stream that needs neither."""

from __future__ import annotations

from conformance.make.example.small import model
from conformance.make.vector import Vector, valid


def build() -> Vector:
    """Build the vector."""
    return valid(model(), header__required_features=3)
