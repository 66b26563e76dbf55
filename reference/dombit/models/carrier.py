"""Carriers: source files as literal bytes with holes for weights (chapter 8)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dombit.errors import BadSource
from dombit.models.reassembly import TensorBytes, bytes_of, fill
from dombit.records import CRC, HOLE, LITERAL, Buffer, Skeleton, SourceFile, Tensor

__all__ = [
    "Crc",
    "Cut",
    "Hole",
    "TensorBytes",
    "bytes_of",
    "cut",
    "file_digest",
    "fill",
    "skeleton",
    "skeleton_digest",
    "verify",
    "whole",
    "with_digests",
]

_COMPARED = 1 << 20
"""Bytes that are compared at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A run of a source file that a tensor's bytes fill."""

    start: int
    """Offset in the file."""
    length: int
    tensor: int
    """Number of the tensor."""
    first: int = 0
    """First byte in the (permuted) tensor's bytes."""
    permutation: tuple[int, ...] | None = None
    """Axis order in which the file holds the tensor; None: as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crc:
    """Four bytes of a source file that are the CRC-32 of a range of it."""

    start: int
    """Offset of the four bytes."""
    first: int
    """First byte of the range."""
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One source file in pieces, before `skeleton` joins it with others."""

    file: SourceFile
    """Its hole_permutation counts into `permutations`."""
    permutations: tuple[tuple[int, ...], ...]
    literals: tuple[memoryview, ...]
    """One slice of the file per literal piece."""


def cut(name: str, data: Buffer, holes: Sequence[Hole], crcs: Sequence[Crc] = ()) -> Cut:
    """Cut a file at its holes and CRC pieces; the rest is literal, as slices of `data`.

    Empty holes are dropped. Raises BadSource where pieces overlap or leave the file.
    """
    view = memoryview(data).cast("B")
    full = sorted((hole for hole in holes if hole.length), key=lambda hole: hole.start)
    full = [_plain(hole) for hole in full]
    sums = sorted(crcs, key=lambda crc: crc.start)
    axes = tuple(dict.fromkeys(hole.permutation for hole in full if hole.permutation is not None))
    number = {permutation: 1 + i for i, permutation in enumerate(axes)}
    kinds, lengths, literals = _layout(name, view, full, sums)
    file = SourceFile(
        name=name,
        size=len(view),
        sha256=hashlib.sha256(view).digest(),
        kind=np.array(kinds, np.uint8),
        length=np.array(lengths, np.int64),
        hole_tensor=np.array([hole.tensor for hole in full], np.int64),
        hole_first=np.array([hole.first for hole in full], np.int64),
        hole_permutation=np.array(
            [number[hole.permutation] if hole.permutation is not None else 0 for hole in full],
            np.int64,
        ),
        crc_first=np.array([crc.first for crc in sums], np.int64),
        crc_length=np.array([crc.length for crc in sums], np.int64),
    )
    return Cut(file=file, permutations=axes, literals=tuple(literals))


def _plain(hole: Hole) -> Hole:
    """Return the hole without a permutation that changes nothing."""
    axes = hole.permutation
    return hole if axes is None or list(axes) != sorted(axes) else replace(hole, permutation=None)


def _layout(
    name: str, view: memoryview, holes: Sequence[Hole], crcs: Sequence[Crc]
) -> tuple[list[int], list[int], list[memoryview]]:
    """Return kinds and lengths of all pieces, and the literal ones' bytes."""
    places = [(hole.start, HOLE, hole.length) for hole in holes]
    places += [(crc.start, CRC, 4) for crc in crcs]
    kinds: list[int] = []
    lengths: list[int] = []
    literals: list[memoryview] = []
    at = 0
    for start, kind, length in [*sorted(places), (len(view), LITERAL, 0)]:
        if start < at or start + length > len(view) or length < 0:
            raise BadSource(f"pieces of {name} overlap or leave the file at byte {start}")
        if start > at:
            kinds.append(LITERAL)
            lengths.append(start - at)
            literals.append(view[at:start])
        if length:
            kinds.append(kind)
            lengths.append(length)
        at = start + length
    return kinds, lengths, literals


def skeleton(carrier: int, files: Sequence[Cut]) -> Skeleton:
    """Join cut files, the main one first, to a skeleton with one pool of literals."""
    axes = tuple(dict.fromkeys(axes for part in files for axes in part.permutations))
    return Skeleton(
        carrier=carrier,
        files=tuple(_renumbered(part, axes) for part in files),
        permutations=axes,
        literals=tuple(literal for part in files for literal in part.literals),
    )


def _renumbered(part: Cut, axes: tuple[tuple[int, ...], ...]) -> SourceFile:
    known = np.array([0, *(1 + axes.index(own) for own in part.permutations)], np.int64)
    return replace(part.file, hole_permutation=known[part.file.hole_permutation])


def whole(carrier: int, files: Mapping[str, Buffer]) -> Skeleton:
    """Return the skeleton that holds every byte of the files, the main one first."""
    return skeleton(carrier, [cut(name, data, ()) for name, data in files.items()])


# ------------------------------------------------------------------------- checks and digests


def file_digest(
    skeleton: Skeleton,
    file_number: int,
    tensor_bytes: TensorBytes,
    tensors: Sequence[Tensor] = (),
) -> bytes:
    """Return the SHA-256 of a file as `fill` gives it."""
    digest = hashlib.sha256()
    for part in fill(skeleton, file_number, tensor_bytes, tensors):
        digest.update(part)
    return digest.digest()


def verify(skeleton: Skeleton, original: Mapping[str, Buffer], tensors: Sequence[Tensor]) -> bool:
    """Return whether re-assembly gives the original files, byte by byte; both in any order."""
    known = {file.name for file in skeleton.files} == set(original)
    tensor_bytes = bytes_of(tensors)
    return known and all(
        _same(fill(skeleton, number, tensor_bytes, tensors), original[file.name])
        for number, file in enumerate(skeleton.files)
    )


def _same(parts: Iterator[Buffer], original: Buffer) -> bool:
    data = np.frombuffer(original, np.uint8)
    at = 0
    for part in parts:
        values = np.frombuffer(part, np.uint8)
        for start in range(0, values.size, _COMPARED):
            piece = values[start : start + _COMPARED]
            if not np.array_equal(piece, data[at : at + piece.size]):
                return False
            at += piece.size
    return at == data.size


def with_digests(
    skeleton: Skeleton, tensor_bytes: TensorBytes, tensors: Sequence[Tensor] = ()
) -> Skeleton:
    """Return the skeleton with the digests of its files as these tensors fill them."""
    files = (
        replace(file, sha256=file_digest(skeleton, number, tensor_bytes, tensors))
        for number, file in enumerate(skeleton.files)
    )
    return replace(skeleton, files=tuple(files))


def skeleton_digest(skeleton: Skeleton, names: Sequence[str]) -> bytes:
    """Return the digest that names a skeleton (chapter 8); `names` are all tensors' by number.

    The name of the main file takes no part: whoever holds the file may call it what he likes.
    """
    order = sorted(range(len(names)), key=lambda number: names[number].encode())
    position = {number: place for place, number in enumerate(order)}
    digest = hashlib.sha256(b"dombitSK")
    digest.update(struct.pack("<HBI", 1, skeleton.carrier, len(skeleton.files)))
    for number, file in enumerate(skeleton.files):
        name = file.name.encode() if number else b""
        digest.update(struct.pack("<I", len(name)) + name)
        digest.update(struct.pack("<QI", file.size, file.kind.size))
        for piece in _described(skeleton, file, position):
            digest.update(piece)
    for literal in skeleton.literals:
        digest.update(literal)
    return digest.digest()


def _described(
    skeleton: Skeleton, file: SourceFile, position: Mapping[int, int]
) -> Iterator[bytes]:
    """Yield what the digest takes of each piece."""
    holes = zip(
        file.hole_tensor.tolist(),
        file.hole_first.tolist(),
        file.hole_permutation.tolist(),
        strict=True,
    )
    crcs = zip(file.crc_first.tolist(), file.crc_length.tolist(), strict=True)
    for kind, length in zip(file.kind.tolist(), file.length.tolist(), strict=True):
        yield struct.pack("<BQ", kind, length)
        if kind == HOLE:
            tensor, first, permutation = next(holes)
            axes = skeleton.permutations[permutation - 1] if permutation else ()
            yield struct.pack("<IQB", position[tensor], first, len(axes)) + bytes(axes)
        elif kind == CRC:
            yield struct.pack("<QQ", *next(crcs))
