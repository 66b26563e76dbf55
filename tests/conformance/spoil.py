"""Spoil: valid streams with seeded faults in some units, all checksums right again."""

from __future__ import annotations

import random
import zlib
from collections.abc import Container
from dataclasses import dataclass, replace

HEADER, METADATA, STRUCTURE, SKELETON, GROUP, SEGMENT, STORED, MODEL_END = 1, 2, 3, 4, 6, 7, 8, 9
PACKED, PATCH, INDEX, END = 12, 13, 32, 33
DEFLATABLE = {2, 3, 4, 5, 6, 9, 12, 13, 32}
FIXED = {METADATA: 8, STRUCTURE: 72, SKELETON: 24, GROUP: 48, SEGMENT: 32, MODEL_END: 40}
FIXED |= {PACKED: 128, PATCH: 8}
"""Bytes in which the fields of the fixed part lie (of a map segment: with its head)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit: its type, whether it is ancillary, and its payload, inflated."""

    type: int
    ancillary: int
    payload: bytes


def take_apart(data: bytes, *, whole: bool = False) -> list[Piece]:
    """Return the units of a stream without its index, and without digests of single tensors.

    Those of a packed unit become units of a stream that is not packed, unless it is left `whole`.
    """
    at, out = 12, []
    while at < len(data):
        kind, flags, pad = int.from_bytes(data[at : at + 2], "little"), data[at + 2], data[at + 3]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        start = at + 12 + pad
        payload = data[start : start + size]
        if flags & 2 and kind in DEFLATABLE:
            payload = zlib.decompress(payload[4:], -15)
        if kind == PACKED and not whole:
            return unpacked(payload)
        if kind == HEADER:
            payload = payload[:6] + b"\0\0" + payload[8:]
        if kind == MODEL_END:
            payload = payload[:38] + b"\0\0"
        if kind != INDEX:
            out.append(Piece(kind, flags & 1, payload))
        at = start + size + 4
    return out


def unpacked(payload: bytes) -> list[Piece]:
    """Return the short units of a packed unit as units."""
    at, out = 0, []
    while at < len(payload):
        size = int.from_bytes(payload[at + 2 : at + 4], "little")
        one = payload[at + 4 : at + 4 + size]
        if payload[at] == HEADER:
            one = one[:9] + b"\0" + one[10:]
        out.append(Piece(payload[at], payload[at + 1], one))
        at += 4 + size
    return [*out, Piece(END, 0, b"")]


def put_together(pieces: list[Piece]) -> bytes:
    """Return a stream of units: the inverse of take_apart, sizes and checksums computed."""
    out = bytearray(bytes.fromhex("89646f6d6269740d0a1a0a00"))
    for piece in pieces:
        pad = -(len(out) + 12) % (64 if piece.type == STORED else 8)
        payload = piece.payload
        if piece.type == END:
            payload = bytes(8) + (len(out) + 12 + pad + 20).to_bytes(8, "little")
        head = piece.type.to_bytes(2, "little") + bytes([piece.ancillary, pad])
        head += len(payload).to_bytes(4, "little")
        out += head + zlib.crc32(head).to_bytes(4, "little") + bytes(pad)
        out += payload + zlib.crc32(payload).to_bytes(4, "little")
    return bytes(out)


def with_digest(pieces: list[Piece], digest: bytes) -> list[Piece]:
    """Return the units with another model digest."""
    return [
        replace(piece, payload=digest + piece.payload[32:]) if piece.type == MODEL_END else piece
        for piece in pieces
    ]


def spoiled(
    dice: random.Random, pieces: list[Piece], types: Container[int] = frozenset({GROUP, SEGMENT})
) -> list[Piece]:
    """Return the units with one to three faults in the payload of one of some types."""
    places = [n for n, piece in enumerate(pieces) if piece.type in types]
    place = dice.choice(places)
    data = bytearray(pieces[place].payload)
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        _spoil(dice, data, FIXED[pieces[place].type])
    return [*pieces[:place], replace(pieces[place], payload=bytes(data)), *pieces[place + 1 :]]


def _spoil(dice: random.Random, data: bytearray, fixed: int) -> None:
    """Put one fault into a payload."""
    how = dice.randrange(8)
    anywhere = dice.randrange(len(data) or 1)
    behind = dice.randrange(min(fixed, len(data)), len(data) + 1)
    if not data:
        data += dice.randbytes(3)
    elif how < 2:
        data[anywhere] ^= 1 << dice.randrange(8)
    elif how == 2:
        data[dice.randrange(min(fixed, len(data)))] = dice.choice([0, 1, 2, 3, 4, 5, 7, 64, 255])
    elif how == 3:
        data[behind : behind + 1] = dice.choice([b"\0", b"\1", b"\xff"])
    elif how == 4:
        del data[-dice.randint(1, 9) :]
    elif how == 5:
        data += dice.choice([b"\0", bytes(dice.randint(1, 9)), dice.randbytes(dice.randint(1, 9))])
    elif how == 6:
        del data[behind : behind + dice.randint(1, 4)]
    else:
        data[behind:behind] = dice.randbytes(dice.randint(1, 4))
