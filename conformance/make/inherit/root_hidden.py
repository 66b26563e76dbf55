"""A root with holes over a hidden tensor and over an alias of it."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return a view of a store, and both as a file: hidden names count in the skeleton id."""
    store = Tensor("store", "u8", (6,), [1, 2, 3, 4, 5, 6], hidden=True)
    view = Tensor("view", "u8", (3,), [2, 4, 6], alias_of=0, offset=1, strides=(2,))
    pieces = [Piece(data=b"<"), Piece(data=store.canonical(), hole=(0, 0, 0)), Piece(data=b">")]
    pieces.append(Piece(data=view.canonical(), hole=(1, 0, 0)))
    return replace(plain(store, view), skeleton=Skeleton(carrier=3, files=[("m.pt", pieces)]))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "hidden", "view", "skeleton")
