"""Resync: where the next unit header lies in damaged bytes (chapter 3)."""

# A header carries the CRC-32 of its own first eight bytes, so it can be told from other bytes
# wherever it stands.  All places of a window are tried at once: the CRC of eight bytes is the
# exclusive or of one table entry for each of them.

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.container import ANCILLARY, DEFLATED, MAX_PAD, UnitHeader
from dombit.bitstream.registry import RESERVED_UNIT_TYPES, UNIT_TYPES

FIRST_WINDOW, WINDOW = 1 << 12, 1 << 20
"""Bytes that are searched first, and at most, at a time."""
COVERED = 8
"""Bytes that the CRC covers."""

ReadAt = Callable[[int, int], bytes]
"""Returns `size` bytes from an offset on, fewer where the stream ends before."""


def next_header(read: ReadAt, start: int, size: int) -> int | None:
    """Return the offset of the first whole unit header at or behind `start`, None if there is none.

    `size` is that of the stream: a unit that would end behind it is none.
    """
    width, window = UnitHeader.width(), FIRST_WINDOW
    while start + width <= size:
        data = np.frombuffer(read(start, window + width - 1), np.uint8)
        for place in map(int, headers_in(data)):
            if _fits(data[place : place + width], start + place, size):
                return start + place
        start, window = start + window, min(2 * window, WINDOW)
    return None


def headers_in(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places in data of headers whose CRC agrees, aligned or not: bytes may be lost."""
    count = max(0, data.size - UnitHeader.width() + 1)
    low, high, flag_bits, pads = (data[byte : byte + count] for byte in range(4))
    known = (_KNOWN[low] & (high == 0)) | (flag_bits & ANCILLARY).astype(bool)
    likely = np.flatnonzero(known & (flag_bits <= (ANCILLARY | DEFLATED)) & (pads <= MAX_PAD))

    found = np.full(likely.size, zlib.crc32(bytes(COVERED)), np.uint32)
    for byte in range(COVERED):
        found ^= _TABLES[byte][data[likely + byte]]
    stored = np.zeros(likely.size, np.uint32)
    for byte in range(4):
        stored |= data[likely + COVERED + byte].astype(np.uint32) << np.uint32(8 * byte)
    matching: NDArray[np.int64] = likely[found == stored]
    return matching


def _fits(header: NDArray[np.uint8], start: int, size: int) -> bool:
    view = memoryview(header.tobytes())
    return start + unit_size(view) <= size


def unit_size(header: memoryview) -> int:
    """Return the bytes of a unit, from its header to the end of its payload CRC, unchecked."""
    pad = UnitHeader.peek(header, "pad_length")
    return UnitHeader.width() + pad + UnitHeader.peek(header, "payload_size") + 4


def _tables() -> NDArray[np.uint32]:
    """Return [8, 256]: what a byte at each place changes in the CRC of eight zero bytes."""
    zero = zlib.crc32(bytes(COVERED))
    values = [
        [
            zlib.crc32(bytes(place) + bytes([value]) + bytes(7 - place)) ^ zero
            for value in range(256)
        ]
        for place in range(COVERED)
    ]
    return np.array(values, np.uint32)


_TABLES = _tables()
_KNOWN = np.isin(np.arange(256), [*UNIT_TYPES, *RESERVED_UNIT_TYPES])
"""[256] whether a type of one byte is one of the registry; others must be ancillary."""
