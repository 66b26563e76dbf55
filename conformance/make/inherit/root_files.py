"""A root with files: two halves of a hole, a permuted one, CRCs, three files."""

from __future__ import annotations

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, f32, valid

BITS = [0x0100, 0x0302, 0x0504, 0x0706, 0x0908, 0x0B0A]
W, V = Tensor("w", "u16", (2, 3), BITS), Tensor("v", "f32", (3,), f32(0.5, 2.0, -1.0))
TURNED = b"".join(BITS[3 * r + c].to_bytes(2, "little") for c in range(3) for r in range(2))


def model() -> Model:
    """Return w and v; the literal pool is "beginmiddleendtail"."""
    main = [
        Piece(data=b"begin"),
        Piece(data=W.canonical()[:5], hole=(0, 0, 0)),
        Piece(data=bytes(4), crc=(0, 10)),
        Piece(data=W.canonical()[5:], hole=(0, 5, 0)),
        Piece(data=b"middle"),
        Piece(data=V.canonical(), hole=(1, 0, 0)),
        Piece(data=bytes(4), crc=(21, 18)),
        Piece(data=b"end"),
        Piece(data=bytes(4), crc=(43, 3)),
    ]
    turned, tail = Piece(data=TURNED, hole=(0, 0, 1)), Piece(data=b"tail")
    external = [turned, tail, Piece(data=bytes(4), crc=(13, 2))]
    out = plain(W, V)
    files = [("m.onnx", main), ("data/ext.bin", external), ("e", [])]
    out.skeleton = Skeleton(carrier=1, files=files, permutations=[[1, 0]])
    return out


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "skeleton", "permutation", "crc-piece", "external")
