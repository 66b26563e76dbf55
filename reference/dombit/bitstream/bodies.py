"""Bodies: what follows a unit header, read whole or in pieces, or saved from damage (chapter 3)."""

from __future__ import annotations

import zlib

from dombit.bitstream.container import (
    CRC_BYTES,
    DEFLATED,
    PIECE,
    Frame,
    UnitHeader,
    check_crc_of,
    inflate,
    parse_body,
)
from dombit.bitstream.registry import STORED_DATA
from dombit.bitstream.resync import ReadAt
from dombit.bitstream.source import RAW_SHOWN, Source
from dombit.errors import DombitError
from dombit.limits import Limits
from dombit.records import Unit
from dombit.trace import Trace

SAVED = {"R-CON-002", "R-CON-017"}
"""Faults behind which the payload is still where it should be: fill bytes, CRC."""


def read_body(read: ReadAt, frame: Frame, limits: Limits, trace: Trace, *, whole: bool) -> Unit:
    """Return the unit of a header, checked.

    Stored bytes, which fill the largest units, are read in pieces unless they are wanted `whole`:
    their payload has the first few bytes only.
    """
    if frame.header.unit_type == STORED_DATA and not whole:
        return _in_pieces(read, frame, trace)
    start = frame.start + UnitHeader.width()
    body = memoryview(read(start, frame.start + frame.size - start))
    return parse_body(body, frame, limits.inflated_bytes, trace)


def save_body(read: ReadAt, frame: Frame, limits: Limits, trace: Trace) -> Unit | None:
    """Return the unit of a header although it is damaged; None where it does not inflate."""
    size = frame.header.payload_size
    stored = frame.header.unit_type == STORED_DATA
    payload = memoryview(read(frame.payload_start, min(size, RAW_SHOWN) if stored else size))
    packed = bool(frame.header.flags & DEFLATED)
    if packed:
        try:
            payload = inflate(_source(payload, frame, frame.payload_start, trace), 0, size,
                              limits.inflated_bytes)  # fmt: skip
        except DombitError:
            return None
    return frame.unit(payload, deflated=packed)


def _in_pieces(read: ReadAt, frame: Frame, trace: Trace) -> Unit:
    pad, size = frame.header.pad_length, frame.header.payload_size
    start = frame.start + UnitHeader.width()
    _source(memoryview(read(start, pad)), frame, start, trace).check_zero(0, pad, "pad")
    crc, stop = 0, frame.payload_start + size
    for at in range(frame.payload_start, stop, PIECE):
        crc = zlib.crc32(read(at, min(PIECE, stop - at)), crc)
    check_crc_of(_source(memoryview(read(stop, CRC_BYTES)), frame, stop, trace), 0, crc)
    return frame.unit(memoryview(read(frame.payload_start, min(size, RAW_SHOWN))))


def _source(data: memoryview, frame: Frame, at: int, trace: Trace) -> Source:
    return Source(data=data, at=at, path=f"units[{frame.number}]", stage="container", trace=trace)
