"""Skeleton units of the vectors: source files as pieces."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from conformance.make.writer import Column, File, counted


@dataclass(slots=True, kw_only=True)
class Piece:
    """A piece of a file: literal bytes, a hole over a tensor, or the CRC of a range."""

    data: bytes
    """What the file holds here."""
    hole: tuple[int, int, int] | None = None
    """(tensor, first byte, permutation + 1 or 0)."""
    crc: tuple[int, int] | None = None
    """(first, length) in the same file."""


@dataclass(slots=True, kw_only=True)
class Skeleton:
    """The files of a model."""

    carrier: int
    files: list[tuple[str, list[Piece]]]
    permutations: list[list[int]] = field(default_factory=list)
    literal_cuts: list[int] | None = None

    def contents(self) -> dict[str, bytes]:
        """Return the files as they come out of a decoder."""
        return {name: filled(pieces) for name, pieces in self.files}


def filled(pieces: list[Piece]) -> bytes:
    """Return the bytes of a file, with CRC pieces computed."""
    data = bytearray(b"".join(piece.data for piece in pieces))
    at = 0
    for piece in pieces:
        if piece.crc is not None:
            first, length = piece.crc
            data[at : at + 4] = zlib.crc32(data[first : first + length]).to_bytes(4, "little")
        at += len(piece.data)
    return bytes(data)


def write_skeleton(file: File, skeleton: Skeleton, deflate: dict[str, str]) -> None:
    """Write the skeleton unit and the units of its literal bytes."""
    pieces = [piece for _, part in skeleton.files for piece in part]
    literal = b"".join(p.data for p in pieces if p.hole is None and p.crc is None)
    p = file.payload("skeleton")
    p.field("carrier", 1, skeleton.carrier)
    p.field("reserved", 3, 0)
    p.field("file_count", 4, len(skeleton.files))
    p.field("piece_count", 4, len(pieces))

    def rest(count: int) -> None:
        p.field("column_count", 2, count)
        p.field("reserved2", 2, 0)
        p.field("literal_bytes", 8, len(literal))

    p.table(_file_columns(skeleton) + _piece_columns(pieces, skeleton), rest)
    file.unit("skeleton", p, deflate=deflate.get("skeleton", ""))
    cuts = skeleton.literal_cuts or [len(literal)] * bool(literal)
    for n, size in enumerate(cuts):
        body = file.payload("literals")
        start = sum(cuts[:n])
        body.raw("data", literal[start : start + size])
        file.unit("literals", body, deflate=deflate.get("literals", ""))


def write_patch(file: File, patches: Sequence[tuple[int, int, bytes]], deflate: str) -> None:
    """Write a skeleton patch unit."""
    p = file.payload("patch")
    p.field("patch_count", 4, len(patches))
    columns = [
        Column(id=1, name="patch_skip", values=[skip for skip, _, _ in patches]),
        Column(id=2, name="patch_length", values=[size for _, size, _ in patches], default=0),
        Column(id=3, name="patch_size", values=[len(text) for *_, text in patches], default=0),
        Column(id=4, name="patch_text", values=b"".join(text for *_, text in patches)),
    ]
    p.table(columns, counted(p, ("reserved", 2, 0)))
    file.unit("patch", p, deflate=deflate)


def _file_columns(skeleton: Skeleton) -> list[Column]:
    names = [name.encode() for name, _ in skeleton.files]
    files = skeleton.contents().values()
    counts = [len(part) for _, part in skeleton.files]
    return [
        Column(id=1, name="file_name_length", values=[len(name) for name in names]),
        Column(id=2, name="file_name_text", values=b"".join(names)),
        Column(id=3, name="file_size", values=[len(data) for data in files]),
        Column(
            id=4,
            name="file_digest",
            values=b"".join(hashlib.sha256(data).digest() for data in files),
        ),
        Column(id=5, name="file_piece_count", values=counts, default=1),
    ]


def _piece_columns(pieces: list[Piece], skeleton: Skeleton) -> list[Column]:
    kinds = [1 if p.hole else 2 if p.crc else 0 for p in pieces]
    holes = [p.hole for p in pieces if p.hole]
    crcs = [p.crc for p in pieces if p.crc]
    axes = skeleton.permutations
    return [
        Column(id=6, name="piece_kind", values=kinds),
        Column(id=7, name="piece_length", values=tuple(len(p.data) for p in pieces)),
        Column(id=8, name="hole_tensor", values=[hole[0] for hole in holes]),
        Column(id=9, name="hole_first", values=[hole[1] for hole in holes], default=0),
        Column(id=10, name="hole_permutation", values=[hole[2] for hole in holes], default=0),
        Column(id=11, name="permutation_rank", values=tuple(len(one) for one in axes)),
        Column(id=12, name="permutation_axes", values=[axis for one in axes for axis in one]),
        Column(id=13, name="crc_first", values=[crc[0] for crc in crcs]),
        Column(id=14, name="crc_length", values=[crc[1] for crc in crcs]),
    ]
