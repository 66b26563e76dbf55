"""Bend: streams of valid vectors with faults in columns, fields, units and roots.

`spoil` changes bytes. Here a payload stays a table of columns, so that the faults lie deeper: an
element, a row, a column, a unit more or less; other roots; and the model digest is right again.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.decoder import Limits, Reject, RootMissing, decode
from spoil import (
    END,
    GROUP,
    HEADER,
    METADATA,
    MODEL_END,
    PACKED,
    PATCH,
    SKELETON,
    STRUCTURE,
    Piece,
    put_together,
    spoiled,
    with_digest,
)

TABLES = {STRUCTURE: 24, METADATA: 8, SKELETON: 24, GROUP: 48, MODEL_END: 40, PATCH: 8}
"""Where the directory begins; of a structure with root: behind the digest and the skeleton id."""
COUNTS = {STRUCTURE: 16, METADATA: 4, SKELETON: 12, GROUP: 30, MODEL_END: 38, PATCH: 4}
"""Where `column_count` stands."""
IDS = {STRUCTURE: 16, METADATA: 4, SKELETON: 15, GROUP: 19, MODEL_END: 2, PATCH: 5}
LATE = {(STRUCTURE, 3), (METADATA, 3), (SKELETON, 2), (SKELETON, 4), (GROUP, 11), (GROUP, 13)}
BYTES = LATE | {(MODEL_END, 1), (PATCH, 4)}
"""Columns of bytes."""
NUMBERS = (0, 0, 1, 1, 2, 3, 4, 5, 7, 8, 16, 17, 18, 19, 32, 63, 64, 255, 256, 1 << 16, 1 << 31)
HUGE = ((1 << 32) - 1, (1 << 48) - 1, 1 << 48, (1 << 53) - 1, 1 << 53, (1 << 64) - 1)


@dataclass(slots=True)
class Column:
    """A column of a payload."""

    id: int
    width: int
    flags: int
    data: bytes

    def numbers(self) -> list[int]:
        """Return the elements (bytes, of a column of bytes)."""
        step = self.width or 1
        cuts = range(0, len(self.data), step)
        return [int.from_bytes(self.data[at : at + step], "little") for at in cuts]

    def give(self, numbers: Sequence[int], width: int | None = None) -> None:
        """Take other elements; they take the width that they need, or a greater one."""
        if self.width == 0:
            self.data = bytes(n & 255 for n in numbers)
            return
        most = max(numbers, default=0)
        least = next(w for w in (1, 2, 4, 8) if most < 1 << 8 * w)
        self.width = max(width or self.width, least)
        self.data = b"".join(n.to_bytes(self.width, "little") for n in numbers)


def table_start(kind: int, payload: bytes) -> int:
    """Return where the directory of a payload begins."""
    flags = payload[0] if kind == STRUCTURE else 0
    return TABLES[kind] + 32 * (flags & 1) + 16 * (flags >> 2 & flags & 1)


def columns_of(kind: int, payload: bytes) -> list[Column]:
    """Return the columns of a valid payload."""
    at = table_start(kind, payload)
    count = int.from_bytes(payload[COUNTS[kind] :][:2], "little")
    start, out = at + 8 * count, []
    for entry in range(at, start, 8):
        width, size = payload[entry + 2], int.from_bytes(payload[entry + 4 : entry + 8], "little")
        start += -start % max(1, width)
        id_ = int.from_bytes(payload[entry : entry + 2], "little")
        out.append(Column(id_, width, payload[entry + 3], payload[start : start + size]))
        start += size
    return out


def with_columns(kind: int, payload: bytes, columns: Sequence[Column]) -> bytes:
    """Return a payload with other columns: the inverse of columns_of."""
    fixed = bytearray(payload[: table_start(kind, payload)])
    fixed[COUNTS[kind] : COUNTS[kind] + 2] = len(columns).to_bytes(2, "little")
    at, body = len(fixed) + 8 * len(columns), b""
    for one in columns:
        gap = -at % max(1, one.width)
        fixed += one.id.to_bytes(2, "little") + bytes([one.width, one.flags])
        fixed += len(one.data).to_bytes(4, "little")
        body += bytes(gap) + one.data
        at += gap + len(one.data)
    return bytes(fixed + body)


def bent(dice: random.Random, piece: Piece) -> Piece:
    """Return a unit with one fault in its fixed part, or in a column."""
    kind, payload = piece.type, piece.payload
    if kind not in TABLES or dice.random() < 0.15:
        return spoiled(dice, [piece], {kind})[0] if kind in {*TABLES, 7} else piece
    if dice.random() < 0.2:
        return replace(piece, payload=with_field(dice, kind, payload))
    columns = columns_of(kind, payload)
    change = dice.choice([edited, edited, edited, edited, resized, added, removed])
    return replace(piece, payload=with_columns(kind, payload, change(dice, kind, columns)))


def with_field(dice: random.Random, kind: int, payload: bytes) -> bytes:
    """Return a payload with another number in its fixed part; of a structure also flags."""
    out = bytearray(payload)
    at = dice.randrange(0, TABLES[kind], 2)
    width = dice.choice([1, 2, 4])
    old = int.from_bytes(out[at : at + width], "little")
    new = dice.choice([old + 1, old - 1, old ^ 1 << dice.randrange(5), dice.choice(NUMBERS)])
    out[at : at + width] = (new % (1 << 8 * width)).to_bytes(width, "little")
    return bytes(out)


def edited(dice: random.Random, _: int, columns: list[Column]) -> list[Column]:
    """Change an element, or swap two."""
    if not columns:
        return columns
    one = dice.choice(columns)
    numbers = one.numbers()
    at, other = dice.randrange(len(numbers)), dice.randrange(len(numbers))
    if dice.random() < 0.2:
        numbers[at], numbers[other] = numbers[other], numbers[at]
    elif dice.random() < 0.5:
        numbers[at] = max(0, numbers[at] + dice.choice([-2, -1, 1, 2]))
    else:
        numbers[at] = dice.choice(HUGE if dice.random() < 0.15 else NUMBERS)
    one.give(numbers)
    return columns


def resized(dice: random.Random, _: int, columns: list[Column]) -> list[Column]:
    """Add or take away an element, make one stand for all, or widen all."""
    if not columns:
        return columns
    one = dice.choice(columns)
    numbers, how = one.numbers(), dice.randrange(4)
    if how == 0:
        numbers.insert(dice.randrange(len(numbers) + 1), dice.choice(NUMBERS[:10]))
    elif how == 1:
        del numbers[dice.randrange(len(numbers))]
    elif how == 2:
        numbers = numbers[:1]
    one.give(numbers, dice.choice([2, 4, 8]) if how == 3 else None)
    return [column for column in columns if column.data]


def added(dice: random.Random, kind: int, columns: list[Column]) -> list[Column]:
    """Put in a column that is not there."""
    there = {column.id for column in columns}
    free = [n for n in range(1, IDS[kind] + 1) if n not in there]
    if not free:
        return columns
    one = Column(dice.choice(free), 1, int(dice.random() < 0.1), b"")
    one.width = int((kind, one.id) not in BYTES)
    one.give([dice.choice(NUMBERS[:14]) for _ in range(dice.choice([1, 1, 2, 3, 5]))])
    return sorted([*columns, one], key=lambda column: column.id)


def removed(dice: random.Random, _: int, columns: list[Column]) -> list[Column]:
    """Leave a column out."""
    gone = dice.randrange(len(columns)) if columns else 0
    return columns[:gone] + columns[gone + 1 :]


def rearranged(dice: random.Random, pieces: list[Piece]) -> list[Piece]:
    """Return the units with one more, one less, or two in another order."""
    at, to = dice.randrange(len(pieces)), dice.randrange(len(pieces))
    how, out = dice.randrange(4), list(pieces)
    if how == 0:
        del out[at]
    elif how == 1:
        out.insert(to, pieces[at])
    elif how == 2:
        out[at], out[to] = out[to], out[at]
    else:
        new = Piece(dice.choice([2, 4, 5, 6, 7, 8, 9, 13, 10, 14, 200]), dice.randrange(2), b"")
        out.insert(to, replace(new, payload=dice.randbytes(dice.choice([0, 0, 8, 24]))))
    return out


def packed(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the units inside a packed one; a stream without end unit stays as it is."""
    if not pieces or pieces[-1].type != END or any(len(p.payload) > 65535 for p in pieces):
        return list(pieces)
    text = b""
    for one in pieces[:-1]:
        payload = one.payload
        if one.type == HEADER:
            payload = payload[:9] + b"\1" + payload[10:]
        text += bytes([one.type & 255, one.ancillary]) + len(payload).to_bytes(2, "little")
        text += payload
    return [Piece(PACKED, 0, text)] if len(text) <= 65536 else list(pieces)


def fitting(pieces: list[Piece], roots: Sequence[bytes], *, pack: bool) -> bytes:
    """Return a stream whose model digest is that of the elements, if they come out."""
    arranged = packed if pack else list[Piece]
    data = put_together(arranged(pieces))
    try:
        decode(data, Limits(tensors=20_000), roots=roots)
    except Reject as refusal:
        found = re.fullmatch(r"R-IDN-002: the model digest is (\w+)", refusal.message)
        if found:
            return put_together(arranged(with_digest(pieces, bytes.fromhex(found[1]))))
    except RootMissing:
        pass
    return data
