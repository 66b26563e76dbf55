"""What a DoM inherits, for the vectors: columns of the structure, files (13.7, 13.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import product as indexes

from conformance.make.model import DTYPES, Group, Model, Tensor
from conformance.make.pieces import Piece
from conformance.make.writer import Column


def structure_columns(model: Model) -> list[Column]:
    """Return columns 14 and 15: what is dropped, and in which dtypes the rest is inherited."""
    dropped: tuple[int, ...] = ()
    dtypes: list[int] = []
    if model.inherits and model.root is not None:
        there = model.root.numbered()
        ours = [tensor for tensor in model.tensors if tensor.inherited]
        names = {tensor.name for tensor in ours}
        old = {tensor.name: tensor.dtype for tensor in there}
        dropped = tuple(n for n, tensor in enumerate(there) if tensor.name not in names)
        dtypes = [0 if t.dtype == old[t.name] else DTYPES[t.dtype][0] for t in ours]
    return [
        Column(id=14, name="dropped", values=dropped),
        Column(id=15, name="inherited_dtype", values=dtypes, default=0),
    ]


def kept(root: Model, *drop: str) -> list[Tensor]:
    """Return the tensors of a root but for some names: inherited, and copied."""
    return [
        Tensor(t.name, t.dtype, t.shape, list(t.bits), inherited=True, copied=True)
        for t in root.numbered()
        if t.name not in drop
    ]


def coded(tensors: Sequence[Tensor], one: Tensor) -> list[Tensor]:
    """Return inherited tensors of which a group holds one."""
    new = replace(one, inherited=True, copied=False)
    return [new if tensor.name == one.name else tensor for tensor in tensors]


def in_bf16(tensor: Tensor) -> Tensor:
    """Return a tensor of finite f32, rounded: to nearest, ties to even."""
    bits = [(x + 0x7FFF + (x >> 16 & 1)) >> 16 for x in tensor.bits]
    return replace(tensor, dtype="bf16", bits=bits)


def heir(
    root: Model, tensors: Sequence[Tensor] | None = None, groups: Sequence[Group] = ()
) -> Model:
    """Return a model that inherits tensors of its root: all of them, if no others are given."""
    ours = kept(root) if tensors is None else list(tensors)
    out = Model(tensors=ours, groups=list(groups), root=root, inherits=True)
    return replace(out, index=False, digests=False)


def with_files(
    model: Model,
    literals: Sequence[bytes] | None = None,
    crcs: Sequence[tuple[int, int]] | None = None,
) -> Model:
    """Return a model that inherits the files of its root, with new literals and ranges of CRCs."""
    assert model.root is not None
    old = model.root.restored()
    assert old is not None
    there = {tensor.name: number for number, tensor in enumerate(model.tensors)}
    texts, ranges = iter(literals or ()), iter(crcs or ())

    def ours(piece: Piece) -> Piece:
        if piece.hole is not None:
            number, first, turn = piece.hole
            new = there[model.root.tensors[number].name]
            axes = old.permutations[turn - 1] if turn else None
            data = turned(model.tensors[new], axes)[first : first + len(piece.data)]
            return replace(piece, data=data, hole=(new, first, turn))
        if piece.crc is not None:
            return replace(piece, crc=next(ranges, piece.crc))
        return replace(piece, data=next(texts, piece.data))

    files = [(name, [ours(piece) for piece in pieces]) for name, pieces in old.files]
    return replace(model, files=replace(old, files=files))


def turned(tensor: Tensor, axes: Sequence[int] | None) -> bytes:
    """Return the canonical bytes of transpose(tensor, axes)."""
    data = tensor.canonical()
    if axes is None:
        return data
    _, width, parts, *_ = DTYPES[tensor.dtype]
    size = width * parts // 8
    out = b""
    for index in indexes(*(range(tensor.shape[axis]) for axis in axes)):
        place = 0
        for axis, extent in enumerate(tensor.shape):
            place = place * extent + index[list(axes).index(axis)]
        out += data[place * size : place * size + size]
    return out


def skeleton_id(root: Model) -> bytes:
    """Return the id of the skeleton of a root (8.7)."""
    skeleton = root.restored()
    if skeleton is None:
        return bytes(16)
    order = sorted(range(len(root.tensors)), key=lambda n: root.tensors[n].name.encode())
    text = b"dombitSK" + _n(1, 2) + _n(skeleton.carrier, 1) + _n(len(skeleton.files), 4)
    pool = b""
    for number, (name, pieces) in enumerate(skeleton.files):
        said = name.encode() if number else b""
        text += _n(len(said), 4) + said
        text += _n(sum(len(piece.data) for piece in pieces), 8) + _n(len(pieces), 4)
        for piece in pieces:
            kind = 1 if piece.hole else 2 if piece.crc else 0
            text += _n(kind, 1) + _n(len(piece.data), 8)
            if piece.hole:
                tensor, first, turn = piece.hole
                axes = skeleton.permutations[turn - 1] if turn else []
                text += _n(order.index(tensor), 4) + _n(first, 8) + bytes([len(axes), *axes])
            elif piece.crc:
                text += _n(piece.crc[0], 8) + _n(piece.crc[1], 8)
            else:
                pool += piece.data
    return hashlib.sha256(text + pool).digest()[:16]


def _n(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")
