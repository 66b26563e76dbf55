"""The third DoM of a chain that inherits, in bf16."""

from __future__ import annotations

from conformance.make.inherit.chain_2 import model as root
from conformance.make.inherited import heir, in_bf16, kept
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return b, v, w in bf16."""
    return heir(root(), [in_bf16(tensor) for tensor in kept(root())])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "chain",
        "cast",
        "inherited-structure",
        roots=("dom/root_grid", "inherit/chain_2", "inherit/sparse"),
    )
