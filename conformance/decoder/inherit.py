"""What a model takes from its root besides elements: names and shapes, files (13.7, 13.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.decoder.limits import Limits
from conformance.decoder.reject import Judge
from conformance.decoder.roots import numbered
from conformance.decoder.skeleton import (
    CRC,
    HOLE,
    Piece,
    Skeleton,
    SourceFile,
    check_hole,
)
from conformance.decoder.structure import Structure, Tensor, check_dims, check_late

JUDGE = Judge("structure")


def inherit(structure: Structure, root: Sequence[Tensor], limits: Limits) -> None:
    """Name and shape the inherited tensors; then check what had to wait for that."""
    if structure.late is None:
        return
    late, there = structure.late, numbered(root)
    inherited = structure.tensors[: len(late.dtypes)]
    good = not late.dropped or late.dropped[-1] < len(there)
    JUDGE.fits(good, "R-PRE-021: dropped lists a tensor that the root does not have")
    good = len(there) == len(inherited) + len(late.dropped)
    JUDGE.fits(good, "R-PRE-021: the root has another number of tensors")
    dropped = set(late.dropped)
    kept = [tensor for number, tensor in enumerate(there) if number not in dropped]
    for tensor, old, dtype in zip(inherited, kept, late.dtypes, strict=True):
        tensor.name, tensor.dims, tensor.dtype = old.name, list(old.dims), dtype or old.dtype
    names = {tensor.name for tensor in structure.tensors}
    JUDGE.fits(len(names) == len(structure.tensors), "R-STR-013: a name appears twice")
    for tensor in inherited:
        check_dims(tensor)
    good = all(len(tensor.dims) <= limits.rank for tensor in inherited)
    JUDGE.limit(good, "R-LIM-003: rank above the limit")
    check_late(late.table, structure.tensors, late.output)


def inherit_files(
    structure: Structure,
    there: Sequence[Tensor],
    skeleton: Skeleton | None,
    output_limit: int,
    *,
    asked: bool,
) -> Skeleton | None:
    """Return the skeleton of the root with the tensors of the model in its holes.

    `there` are all tensors of the root, `skeleton` is its skeleton. Where it is another one there
    are no files: an error if they are `asked` for.
    """
    if structure.skeleton_id is None:
        return None
    if skeleton is None or skeleton_id(skeleton, there) != structure.skeleton_id:
        if asked:
            JUDGE.reject("root-mismatch", "R-PRE-505: the root has no skeleton with this id")
        return None
    places = {tensor.name: number for number, tensor in enumerate(structure.tensors)}

    def ours(piece: Piece) -> Piece:
        if piece.kind != HOLE:
            return piece
        name = there[piece.tensor].name
        JUDGE.fits(name in places, f"R-PRE-026: a file needs the tensor {name}")
        check_inherited(piece, structure.tensors[places[name]])
        return replace(piece, tensor=places[name])

    files = [
        SourceFile(file.name, file.size, None, [ours(piece) for piece in file.pieces])
        for file in skeleton.files
    ]
    check_total(files, output_limit)
    return replace(skeleton, files=files, literal=bytearray(skeleton.literal))


def check_inherited(piece: Piece, tensor: Tensor) -> None:
    """Check a hole over a tensor of the model; all that is wrong is one rule here."""
    wide = piece.axes is None or tensor.bits >= 8
    JUDGE.fits(wide, "R-PRE-026: a permuted hole over a type below 8 bits")
    check_hole(piece, tensor)


def check_total(files: Sequence[SourceFile], output_limit: int) -> None:
    """Compare the bytes of all files with the limit of output."""
    total = sum(file.size for file in files)
    JUDGE.limit(total <= output_limit, "R-LIM-050: files above the output limit")


def skeleton_id(skeleton: Skeleton, tensors: Sequence[Tensor]) -> bytes:
    """Return the first 16 bytes of the SHA-256 over a skeleton (8.7)."""
    names = sorted(tensor.name.encode() for tensor in tensors)
    places = {name: number for number, name in enumerate(names)}
    out = hashlib.sha256(b"dombitSK" + number(1, 2) + number(skeleton.carrier, 1))
    out.update(number(len(skeleton.files), 4))
    for k, file in enumerate(skeleton.files):
        name = file.name.encode() if k else b""
        out.update(number(len(name), 4) + name)
        out.update(number(file.size, 8) + number(len(file.pieces), 4))
        for piece in file.pieces:
            place = places[tensors[piece.tensor].name.encode()] if piece.kind == HOLE else 0
            out.update(b"".join(described(piece, place)))
    out.update(skeleton.literal)
    return out.digest()[:16]


def described(piece: Piece, place: int) -> Iterator[bytes]:
    """Yield what the skeleton id says of a piece; `place` is that of its tensor."""
    yield number(piece.kind, 1) + number(piece.length, 8)
    if piece.kind == HOLE:
        axes = piece.axes or []
        yield number(place, 4) + number(piece.first, 8) + bytes([len(axes), *axes])
    if piece.kind == CRC:
        yield number(piece.crc[0], 8) + number(piece.crc[1], 8)


def number(value: int, size: int) -> bytes:
    """Return an unsigned integer, little-endian."""
    return value.to_bytes(size, "little")
