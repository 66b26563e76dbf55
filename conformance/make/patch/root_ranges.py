"""A root with CRC ranges of all kinds: cut, empty, over a whole file."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return v in a file."""
    v = Tensor("v", "u8", (4,), [1, 2, 3, 4])
    pieces = [
        Piece(data=b"abcd"),
        Piece(data=bytes(4), crc=(0, 2)),
        Piece(data=b"efgh"),
        Piece(data=bytes(4), crc=(9, 3)),
        Piece(data=b"ij"),
        Piece(data=bytes(4), crc=(16, 0)),
        Piece(data=bytes(4), crc=(30, 6)),
        Piece(data=bytes(4), crc=(36, 0)),
        Piece(data=v.canonical(), hole=(0, 0, 0)),
        Piece(data=b"yz"),
    ]
    return replace(plain(v), skeleton=Skeleton(carrier=0, files=[("f", pieces)]))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "skeleton", "crc-piece")
