"""An added view and an added alias over an inherited tensor."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root, w once more transposed, and a part of it."""
    w = kept(root())[2].bits
    turned = [w[8 * row + column] for column in range(8) for row in range(3)]
    view = Tensor("t", "f32", (8, 3), turned, alias_of=2, strides=(1, 8))
    return heir(
        root(), [*kept(root()), view, Tensor("z", "f32", (2,), w[5:7], alias_of=2, offset=5)]
    )


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "alias", "view", "inherited-structure", "added", roots=("dom/root_grid",)
    )
