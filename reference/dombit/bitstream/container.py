"""Container: signature, unit headers, fill bytes, CRCs and deflated payloads (chapter 3)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.fields import flags, u8, u16, u32
from dombit.bitstream.registry import RESERVED_UNIT_TYPES, STORED_DATA, UNIT_TYPES
from dombit.bitstream.source import Source
from dombit.errors import fail
from dombit.records import Unit
from dombit.trace import Trace, no_trace

ANCILLARY, DEFLATED = 1, 2
MAX_PAD = 63
MAX_INFLATED = 64 << 20
"""Largest raw_size that the format allows."""
FEED, PIECE = 1 << 16, 1 << 20
"""Bytes that are given to, and taken from, a deflate stream at a time."""
TYPE_NAMES = {code: kind.name for code, kind in UNIT_TYPES.items()}
CRC_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitHeader(Bundle):
    """The twelve bytes before every payload."""

    unit_type: int = u16("Names the chapter that describes the payload.", names=TYPE_NAMES)
    flags: int = flags(
        1,
        "How to treat the unit.",
        {0: "ancillary: skip the unit if its type is unknown", 1: "deflated: see raw_size"},
        rule="R-CON-014",
    )
    pad_length: int = u8("Zero bytes between header and payload.", high=MAX_PAD, rule="R-CON-015")
    payload_size: int = u32("Bytes of the payload as stored.")
    header_crc: int = u32("CRC-32 of the eight bytes before.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeflateHead(Bundle):
    """What stands before the RFC 1951 stream of a deflated payload."""

    raw_size: int = u32("Bytes of the inflated payload.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A unit header that has been checked, and where it stands."""

    number: int
    start: int
    header: UnitHeader

    @property
    def known(self) -> bool:
        """Whether the type is in the registry; else the unit is ancillary and skipped."""
        return self.header.unit_type in UNIT_TYPES

    @property
    def payload_start(self) -> int:
        """Offset of the payload in the stream."""
        return self.start + UnitHeader.width() + self.header.pad_length

    @property
    def size(self) -> int:
        """Bytes from the header to the end of the payload's CRC."""
        return self.payload_start - self.start + self.header.payload_size + CRC_BYTES

    def unit(self, payload: memoryview, *, deflated: bool = False) -> Unit:
        """Return the unit with this header and a payload (inflated, if it was deflated)."""
        return Unit(
            type=self.header.unit_type,
            number=self.number,
            start=self.start,
            size=self.size,
            payload_start=self.payload_start,
            payload=payload,
            deflated=deflated,
        )


def parse_header(data: memoryview, start: int, number: int, trace: Trace = no_trace) -> Frame:
    """Check the unit header in `data` (12 bytes) that stands at `start`: CRC, fields, type."""
    frame = read_header(data, start, number, trace)
    check_type(frame)
    return frame


def read_header(data: memoryview, start: int, number: int, trace: Trace = no_trace) -> Frame:
    """Check CRC and fields of a unit header, not yet whether its type may be like that."""
    path = f"units[{number}]"
    source = Source(data=data, at=start, path=path, stage="container", trace=trace)
    if zlib.crc32(data[:8]) != int.from_bytes(data[8:12], "little"):
        source.tell("header_crc", 8, 12, int.from_bytes(data[8:12], "little"))
        source.refuse("integrity", "R-CON-016", "CRC of the unit header differs", 8)
    header = UnitHeader.parse(source)

    return Frame(number=number, start=start, header=header)


def parse_body(data: memoryview, frame: Frame, inflated: int, trace: Trace = no_trace) -> Unit:
    """Check fill bytes and payload CRC of a unit, inflate its payload; `data` follows the header.

    `inflated` is the caller's limit on the bytes of an inflated payload.
    """
    pad, size = frame.header.pad_length, frame.header.payload_size
    kind = UNIT_TYPES.get(frame.header.unit_type)
    path = f"units[{frame.number}]"
    at = frame.start + UnitHeader.width()
    source = Source(data=data, at=at, path=path, stage="container", trace=trace)
    source.check_zero(0, pad, "pad")
    if kind is None and size:
        source.tell("skipped", pad, pad + size, "unknown, ancillary")
    payload = data[pad : pad + size]
    check_crc(source, pad, pad + size)

    packed = kind is not None and bool(frame.header.flags & DEFLATED)
    if packed:
        payload = inflate(source, pad, pad + size, min(inflated, MAX_INFLATED))
    return frame.unit(payload, deflated=packed)


def check_crc(source: Source, start: int, stop: int) -> None:
    """Refuse a payload (start to stop) whose CRC, which follows it, differs."""
    check_crc_of(source, stop, zlib.crc32(source.data[start:stop]))


def check_crc_of(source: Source, stop: int, found: int) -> None:
    """Refuse a payload whose CRC is `found` where another one is stored at its end, `stop`."""
    stored = int.from_bytes(source.data[stop : stop + CRC_BYTES], "little")
    meaning = "CRC-32 of the payload as stored."
    source.tell("payload_crc", stop, stop + CRC_BYTES, stored, meaning=meaning)
    if found != stored:
        source.refuse("integrity", "R-CON-017", "CRC of the payload differs", stop)


def inflate(source: Source, start: int, stop: int, limit: int) -> memoryview:
    """Return the inflated payload that stands deflated from start to stop."""
    part = Source(
        data=source.data[:stop], at=source.at, path=source.path, stage="container",
        trace=source.trace,
    )  # fmt: skip
    head = DeflateHead.parse(part, start)
    if head.raw_size > limit:
        source.refuse("limit-exceeded", "R-CON-018", f"inflates to {head.raw_size} bytes", start)
    begin = start + DeflateHead.width()
    source.tell(
        "deflated", begin, stop, f"{head.raw_size} bytes inflated", meaning="RFC 1951 stream."
    )

    try:
        data = _inflated(source.data[begin:stop], head.raw_size)
    except zlib.error as error:
        source.refuse("malformed", "R-CON-019", f"deflate stream: {error}", begin)
    if data is None:
        source.refuse("malformed", "R-CON-020", "deflate stream and raw_size disagree", begin)
    return data


def _inflated(packed: memoryview, size: int) -> memoryview | None:
    """Return what a deflate stream holds; None unless it fills its bytes and has that size.

    In pieces: at once zlib would take twice the memory. Raises zlib.error.
    """
    inflater, out = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    for at in range(0, len(packed), FEED):
        if inflater.eof:
            return None
        rest: bytes | memoryview | None = packed[at : at + FEED]
        while rest is not None and len(out) <= size:
            # One byte more than declared shows a longer stream; a bound of 0 would mean none.
            room = min(PIECE, size + 1 - len(out))
            piece = inflater.decompress(rest, room)
            out += piece
            rest = inflater.unconsumed_tail if len(piece) == room else None
    complete = inflater.eof and not inflater.unused_data and len(out) == size
    return memoryview(out).toreadonly() if complete else None


def deflated(payload: bytes) -> bytes | None:
    """Return a payload deflated, with its raw_size, or None where that is no smaller."""
    if len(payload) > MAX_INFLATED:
        return None
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    stream = deflater.compress(payload) + deflater.flush()
    packed = DeflateHead(raw_size=len(payload)).build() + stream
    return packed if len(packed) < len(payload) else None


def build_header(unit_type: int, flag_bits: int, pad_length: int, payload_size: int) -> bytes:
    """Return the twelve bytes of a unit header."""
    header = UnitHeader(
        unit_type=unit_type,
        flags=flag_bits,
        pad_length=pad_length,
        payload_size=payload_size,
        header_crc=0,
    )
    fields = header.build()[:8]
    return fields + zlib.crc32(fields).to_bytes(4, "little")


def read_unit_at(
    buffer: memoryview, start: int, limit: int, number: int = 0, trace: Trace = no_trace
) -> Unit:
    """Return the unit whose header is the first byte of `buffer` and stands at `start`.

    For random access: bytes after the unit are not looked at. Raises truncated where they are too
    few.
    """
    if len(buffer) < UnitHeader.width():
        _short(start + len(buffer))
    frame = parse_header(buffer[: UnitHeader.width()], start, number, trace)
    if len(buffer) < frame.size:
        _short(start + len(buffer))
    return parse_body(buffer[UnitHeader.width() : frame.size], frame, limit, trace)


def _short(at: int) -> None:
    fail("truncated", "R-CON-021", "the bytes end inside a unit", stage="container", at=at)


def check_type(frame: Frame) -> None:
    """Refuse a type that is not known, and flags and places that it must not have."""
    header, at = frame.header, frame.start
    source = Source(data=memoryview(b""), at=at, path=f"units[{frame.number}]", stage="container")
    code = header.unit_type
    check_kind(source, code, header.flags)
    kind = UNIT_TYPES.get(code)
    if kind is not None and header.flags & DEFLATED and not kind.deflatable:
        source.refuse("forbidden-value", "R-CON-025", f"a {kind.name} unit is deflated", 2)
    multiple = 64 if code == STORED_DATA else 8
    if frame.payload_start % multiple:
        message = f"the payload starts at {frame.payload_start}, not at a multiple of {multiple}"
        source.refuse("malformed", "R-CON-026", message, 3)


def check_kind(source: Source, code: int, flag_bits: int) -> None:
    """Refuse a type that is not known, and the ancillary flag where it must not be."""
    kind, ancillary = UNIT_TYPES.get(code), bool(flag_bits & ANCILLARY)
    if code in RESERVED_UNIT_TYPES:
        name = RESERVED_UNIT_TYPES[code]
        source.refuse("unsupported", "R-CON-022", f"unit type {code} ({name}) is reserved")
    if kind is None and not ancillary:
        source.refuse("unsupported", "R-CON-023", f"unit type {code} is not known")
    if kind is not None and kind.ancillary != ancillary:
        message = f"a {kind.name} unit {'lacks' if kind.ancillary else 'has'} the ancillary flag"
        source.refuse("forbidden-value", "R-CON-024", message, 2)
