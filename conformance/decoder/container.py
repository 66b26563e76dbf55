"""Signature, units, deflated payloads and tables of columns (chapter 3)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from conformance.decoder.limits import Limits
from conformance.decoder.reject import Judge, Reject

SIGNATURE = bytes.fromhex("89646f6d6269740d0a1a0a00")
ANCILLARY = dict.fromkeys((1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 32, 33), 0) | {2: 1}
"""The known types, and the flag that they have."""
MAY_DEFLATE = {2, 3, 4, 5, 6, 9, 12, 13, 32}
RESERVED = {10, 11}
END, PACKED, PACKED_END = 33, 12, -1
"""PACKED_END is no type of the text: it says that the payload of a packed unit is at its end."""
JUDGE = Judge("container")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit whose checksums are right."""

    type: int
    known: bool
    payload: bytes
    offset: int
    size: int
    packed: bool = False
    """It is a short unit (3.8)."""


Place = Callable[[int, bool], None]
"""Refuses a unit of a type, known or not, that may not stand where it stands (3.5)."""


def anywhere(_type: int, _known: bool) -> None:
    """Let every unit stand."""


class Reader:
    """Fields of a payload, in order."""

    def __init__(self, data: bytes, judge: Judge) -> None:
        self.data = data
        self.at = 0
        self.judge = judge

    def holds(self, size: int) -> None:
        """Check that the fixed part is there."""
        self.judge.fits(len(self.data) >= size, "R-CON-003: the fixed part is cut")

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        self.judge.fits(self.at + size <= len(self.data), "the payload ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def u(self, size: int) -> int:
        """Return the next unsigned integer of `size` bytes; 8 bytes hold less than 2^53."""
        value = int.from_bytes(self.take(size), "little")
        self.judge.allow(size < 8 or value < 1 << 53, "R-CON-001: a number of 2^53 or more")
        return value

    def counted(self) -> int:
        """Return the number of symbols: 8 bytes, not 0."""
        self.judge.allow(any(self.data[self.at : self.at + 8]), "R-SEG-005: no symbols")
        return self.u(8)

    def reserved(self, size: int) -> None:
        """Bytes that must be zero."""
        self.judge.support(not any(self.take(size)), "a reserved field is not zero")

    def end(self) -> None:
        """Nothing may be left."""
        self.judge.fits(self.at == len(self.data), "bytes after the end of the payload")


def take(data: bytes, at: int, size: int) -> bytes:
    """`size` bytes of the file, or truncated."""
    if at + size > len(data):
        JUDGE.reject("truncated", "the file ends inside something")
    return data[at : at + size]


def signature(data: bytes) -> None:
    """Check the first 12 bytes."""
    if data[:12] != SIGNATURE[: len(data)]:
        JUDGE.reject("not-dombit", "the signature is wrong")
    take(data, 0, 12)


def units(data: bytes, limits: Limits, place: Place = anywhere) -> Iterator[Unit]:
    """Yield the units up to the end unit, or those of a packed unit; nothing may follow."""
    signature(data)
    at = 12
    for count in range(limits.units + 1):
        if at > 12:
            JUDGE.limit(count < limits.units, "R-LIM-007: too many units")
        unit = read_unit(data, at, limits, place)
        at += unit.size
        if unit.type == PACKED and unit.offset == 12:
            yield from short_units(unit, limits, place)
            break
        JUDGE.limit(limits.units > 0, "R-LIM-007: too many units")
        yield unit
        if unit.type == END:
            break
    if at != len(data):
        JUDGE.reject("trailing-data", "R-CON-045: bytes after the end unit, or the packed unit")


def short_units(packed: Unit, limits: Limits, place: Place) -> Iterator[Unit]:
    """Yield the units of a packed unit, then one of no type that says it is at its end (3.8)."""
    data, offset = packed.payload, packed.offset
    JUDGE.allow(len(data) <= 65536, "R-CON-049: a packed unit of more than 65536 bytes")
    at = count = 0
    while at < len(data):
        JUDGE.fits(at + 4 <= len(data), "R-CON-050: a short header is cut")
        kind, flags = data[at], data[at + 1]
        size = int.from_bytes(data[at + 2 : at + 4], "little")
        JUDGE.support(flags < 4, "R-CON-014: a reserved unit flag is set")
        known = check_type(kind, flags)
        JUDGE.allow(not flags & 2, "R-CON-051: a deflated short unit")
        place(kind, known)
        count += 1
        JUDGE.limit(count <= limits.units, "R-LIM-007: too many units")
        JUDGE.fits(at + 4 + size <= len(data), "R-CON-050: a short unit is cut")
        yield Unit(kind, known, data[at + 4 : at + 4 + size], offset, 4 + size, packed=True)
        at += 4 + size
    yield Unit(PACKED_END, False, b"", offset, 0, packed=True)


def read_unit(data: bytes, at: int, limits: Limits, place: Place) -> Unit:
    """Read one unit at a file offset; the checks stand in file order."""
    header = take(data, at, 12)
    JUDGE.same(zlib.crc32(header[:8]) == int.from_bytes(header[8:], "little"), "header CRC")
    kind = int.from_bytes(header[:2], "little")
    flags, pad = header[2], header[3]
    size = int.from_bytes(header[4:8], "little")
    known = check_header(kind, flags, pad)
    JUDGE.fits((at + 12 + pad) % 8 == 0, "the payload is not at a multiple of 8")
    JUDGE.fits(kind != 8 or (at + 12 + pad) % 64 == 0, "stored bytes not at a multiple of 64")
    if (at, kind) != (12, PACKED):
        place(kind, known)
    JUDGE.allow(not any(take(data, at + 12, pad)), "pad bytes are not zero")
    payload = take(data, at + 12 + pad, size)
    crc = take(data, at + 12 + pad + size, 4)
    JUDGE.same(zlib.crc32(payload) == int.from_bytes(crc, "little"), "payload CRC")
    if known and flags & 2:
        payload = inflate(payload, limits.inflated_bytes)
    return Unit(kind, known, payload, at, 12 + pad + size + 4)


def check_header(kind: int, flags: int, pad: int) -> bool:
    """Check type, flags and pad length; return whether the type is known."""
    JUDGE.support(flags < 4, "a reserved unit flag is set")
    JUDGE.allow(pad < 64, "pad_length above 63")
    known = check_type(kind, flags)
    good = not known or not flags & 2 or kind in MAY_DEFLATE
    JUDGE.allow(good, "R-CON-025: this unit may not be deflated")
    return known


def check_type(kind: int, flags: int) -> bool:
    """Check a type and its flag ancillary; return whether the type is known."""
    JUDGE.support(kind not in RESERVED, f"R-CON-022: unit type {kind}")
    if kind not in ANCILLARY:
        JUDGE.support(bool(flags & 1), f"R-CON-023: unit type {kind}")
        return False
    JUDGE.allow(flags & 1 == ANCILLARY[kind], "R-CON-024: wrong ancillary flag")
    return True


def inflate(payload: bytes, limit: int) -> bytes:
    """Return the raw bytes of a deflated payload."""
    JUDGE.fits(len(payload) >= 4, "no raw_size")
    size = int.from_bytes(payload[:4], "little")
    JUDGE.limit(size <= limit, "raw_size above the limit of inflated bytes")
    engine = zlib.decompressobj(-15)
    try:
        raw = engine.decompress(payload[4:], size + 1)
    except zlib.error as error:
        raise Reject("malformed", "container", f"bad deflate stream: {error}") from None
    JUDGE.fits(engine.eof and not engine.unused_data, "the deflate stream has another end")
    JUDGE.fits(len(raw) == size, "raw_size is another")
    return raw


class Table:
    """The columns of a payload: a directory, then their bytes (section 3.6)."""

    def __init__(
        self,
        reader: Reader,
        column_count: int,
        known: dict[int, str],
        reserved: Container[int] = (),
    ) -> None:
        """Read the directory; `known` says int or bytes by id. Elements are read when asked for."""
        self.judge = reader.judge
        self.bytes = reader.data
        self.places: dict[int, tuple[int, int, int]] = {}
        size = len(reader.data)
        self.judge.fits(reader.at + 8 * column_count <= size, "R-CON-007: the column directory")
        at = reader.at + 8 * column_count
        last = -1
        gaps = []
        for _ in range(column_count):
            number, width, length = self._entry(reader, last, known, reserved)
            start = at + -at % max(1, width)
            gaps.append(reader.data[at:start])
            self.places[number] = (width, start, length)
            at, last = start + length, number
        self.judge.fits(at == size, "R-CON-008: the columns end elsewhere")
        self.judge.allow(not any(map(any, gaps)), "R-CON-002: gap bytes are not zero")
        self.columns = [number for number in self.places if number in known]

    def _entry(
        self, reader: Reader, last: int, known: dict[int, str], reserved: Container[int]
    ) -> tuple[int, int, int]:
        """Return id, width and size of an entry; the order of these checks is that of the text."""
        number, width, flags, size = reader.u(2), reader.u(1), reader.u(1), reader.u(4)
        kind = known.get(number)
        self.judge.fits(number > last, "R-CON-009: order of columns")
        self.judge.support(number not in reserved, f"R-CON-048: column {number}")
        self.judge.support(kind is not None or flags & 1 == 1, f"R-CON-010: column {number}")
        self.judge.fits(width in {0, 1, 2, 4, 8}, "R-CON-011: column width")
        fits = kind is None or (width == 0) == (kind == "bytes")
        self.judge.fits(fits, f"R-CON-011: kind of column {number}")
        self.judge.support(flags < 2, "R-CON-004: a reserved column flag is set")
        self.judge.allow(kind is None or not flags, f"R-CON-012: column {number} is ancillary")
        good = size > 0 and size % max(1, width) == 0
        self.judge.fits(good, f"R-CON-013: size of column {number}")
        return number, width, size

    def has(self, number: int) -> bool:
        """Tell whether a column is present."""
        return number in self.places

    def length(self, number: int) -> int:
        """Elements of an integer column as stored (0 when absent)."""
        width, _, size = self.places.get(number, (1, 0, 0))
        return size // width

    def ints(
        self, number: int, rows: int, default: int | None = None, *, spread: bool = True
    ) -> list[int]:
        """Return an integer column over `rows` rows; one element stands for all of them."""
        if number not in self.places:
            good = default is not None or rows == 0
            self.judge.fits(good, f"R-CON-005: column {number} is missing")
            return [default or 0] * rows
        width, start, size = self.places[number]
        count = size // width
        good = rows > 0 and (count == rows or (spread and count == 1))
        self.judge.fits(good, f"R-CON-006: rows of column {number}")
        cuts = range(start, start + size, width)
        values = [int.from_bytes(self.bytes[at : at + width], "little") for at in cuts]
        good = all(value < 1 << 53 for value in values)
        self.judge.allow(good, f"R-CON-001: column {number} holds 2^53 or more")
        return values if count == rows else values * rows

    def signed(self, number: int, rows: int, default: int | None = None) -> list[int]:
        """Return a signed column: zigzag."""
        return [v >> 1 if v % 2 == 0 else -(v >> 1) - 1 for v in self.ints(number, rows, default)]

    def data(self, number: int, size: int | None) -> bytes:
        """Return a bytes column of a known size (None: any); absent where there are no bytes."""
        if number not in self.places:
            self.judge.fits(not size, f"R-CON-005: column {number} is missing")
            return b""
        _, start, length = self.places[number]
        self.judge.fits(size is None or length == size, f"R-CON-006: size of column {number}")
        return self.bytes[start : start + length]
