"""A DoM without tensors, of the greatest depth."""

from __future__ import annotations

from conformance.make.dom.root_f32 import model as root
from conformance.make.doms import dom
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model."""
    return dom(root(), [])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", roots=("dom/root_f32",), structure__chain_depth=64)
