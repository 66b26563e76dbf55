"""All tensors of the root in bf16, by one element of a column."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir, in_bf16, kept
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root in bf16."""
    return heir(root(), [in_bf16(tensor) for tensor in kept(root())])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", "cast", "inherited-structure", roots=("dom/root_grid",))
