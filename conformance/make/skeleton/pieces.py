"""Two files and an empty one: a hole in two halves, a permuted hole, CRCs, a cut pool."""

from __future__ import annotations

from conformance.make.model import Group, Model, Tensor
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return a 2 x 3 tensor of u16, once in order and once transposed, in external data."""
    bits = [0x0100, 0x0302, 0x0504, 0x0706, 0x0908, 0x0B0A]
    tensor = Tensor("w", "u16", (2, 3), bits)
    raw = tensor.canonical()
    turned = b"".join(bits[3 * r + c].to_bytes(2, "little") for c in range(3) for r in range(2))
    main = [
        Piece(data=b"begin"),
        Piece(data=raw[:5], hole=(0, 0, 0)),
        Piece(data=bytes(4), crc=(0, 10)),
        Piece(data=raw[5:], hole=(0, 5, 0)),
        Piece(data=bytes(4), crc=(14, 7)),
        Piece(data=b"end"),
    ]
    files = [("m.onnx", main), ("data/ext.bin", [Piece(data=turned, hole=(0, 0, 1))]), ("e", [])]
    skeleton = Skeleton(carrier=1, files=files, permutations=[[1, 0]], literal_cuts=[3, 5])
    group = Group(coding="stored", alignment=1)
    return Model(tensors=[tensor], groups=[group], skeleton=skeleton)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "skeleton", "permutation", "crc-piece", "external")
