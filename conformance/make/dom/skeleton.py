"""A DoM that carries a whole skeleton of its own."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.dom.sparse_one import model as dom
from conformance.make.model import Model
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: a literal, and the tensor w."""
    own = dom()
    pieces = [Piece(data=b"head"), Piece(data=own.tensors[0].canonical(), hole=(0, 0, 0))]
    return replace(own, skeleton=Skeleton(carrier=2, files=[("w.safetensors", pieces)]))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "skeleton", roots=("dom/root_grid",))
