"""A root whose own root has the same model digest, and is not given: none but itself has it."""

from __future__ import annotations

from conformance.make.patch.chain_same import model
from conformance.make.vector import Vector, broken


def build() -> Vector:
    """Build the vector."""
    return broken(
        "patch/chain_same",
        model(),
        "limit-exceeded structure",
        at="structure.root_digest",
        roots=("patch/same_length",),
    )
