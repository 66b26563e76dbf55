"""A model that inherits its tensors, and carries a skeleton of its own."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir
from conformance.make.model import Model
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root with a file of v."""
    out = heir(root())
    pieces = [Piece(data=out.tensors[1].canonical(), hole=(1, 0, 0)), Piece(data=b"z")]
    return replace(out, skeleton=Skeleton(carrier=0, files=[("v.bin", pieces)]))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "skeleton", "inherited-structure", roots=("dom/root_grid",))
