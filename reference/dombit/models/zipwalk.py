"""Zip walk: where the entries of an archive lie, byte by byte (chapter 8, annex).

Only what a skeleton needs: stored entries, their CRC-32 fields, zip64. Values that contradict
each other are refused, since another reader might see other entries.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from dataclasses import dataclass

from dombit.errors import BadSource
from dombit.models.carrier import Crc

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64, LOCATOR, DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
ALL32 = 0xFFFFFFFF
MAX_COMMENT = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of the archive."""

    name: str
    method: int
    """0: stored."""
    flags: int
    """Bit 0: encrypted; bit 3: a data descriptor follows the data."""
    start: int
    """First byte of the data."""
    size: int
    """Bytes of the data as they lie in the archive."""
    local: int
    """Offset of the local header."""
    central: int
    """Offset of the header in the central directory."""

    @property
    def plain(self) -> bool:
        """Whether the data lies there as it is."""
        return self.method == 0 and not self.flags & 1


def entries(data: memoryview) -> tuple[Entry, ...]:
    """Return the entries in the central directory's order.

    Raises BadSource where the archive is damaged, or two entries overlap or share a name.
    """
    try:
        found = _directory(data)
    except (struct.error, IndexError, OverflowError, UnicodeDecodeError) as fault:
        raise BadSource(f"damaged zip archive: {fault}") from fault
    if len({entry.name for entry in found}) < len(found):
        raise BadSource("damaged zip archive: two entries with one name")
    ordered = sorted(found, key=lambda entry: entry.local)
    for one, after in itertools.pairwise(ordered):
        if one.start + one.size > after.local:
            raise BadSource(f"damaged zip archive: entries overlap at byte {after.local}")
    return found


def _directory(data: memoryview) -> tuple[Entry, ...]:
    at, size, count = _central(data)
    end = at + size
    if at < 0 or end > len(data):
        raise BadSource("damaged zip archive: the central directory leaves the file")
    found = []
    for _ in range(count):
        entry, after = _entry(data, at)
        if after > end or entry.start + entry.size > end - size:
            raise BadSource(f"damaged zip archive: entry {entry.name!r} leaves its part")
        found.append(entry)
        at = after
    if at != end:
        raise BadSource("damaged zip archive: bytes after the central directory's entries")
    return tuple(found)


def _central(data: memoryview) -> tuple[int, int, int]:
    """Return offset, size and number of entries of the central directory."""
    first = max(0, len(data) - 22 - MAX_COMMENT)
    place = bytes(data[first:]).rfind(END)
    if place < 0:
        raise BadSource("damaged zip archive: it has no end record")
    end = first + place
    count, size, start, comment = struct.unpack_from("<HIIH", data, end + 10)
    if end + 22 + comment != len(data):
        raise BadSource("damaged zip archive: bytes after its end record")
    if end >= 20 and data[end - 20 : end - 16] == LOCATOR:
        (end64,) = struct.unpack_from("<Q", data, end - 12)
        if data[end64 : end64 + 4] != END64:
            raise BadSource("damaged zip archive: no zip64 end record where it should be")
        count, size, start = struct.unpack_from("<QQQ", data, end64 + 32)
    return start, size, count


def _entry(data: memoryview, at: int) -> tuple[Entry, int]:
    """Return the entry whose central header lies at a byte, and where the next one lies."""
    if data[at : at + 4] != CENTRAL:
        raise BadSource(f"damaged zip archive: no entry of the directory at byte {at}")
    flags, method = struct.unpack_from("<HH", data, at + 8)
    packed, size, name_length, extra_length, comment = struct.unpack_from("<IIHHH", data, at + 20)
    (local,) = struct.unpack_from("<I", data, at + 42)
    name_at, extra_at = at + 46, at + 46 + name_length
    raw = bytes(data[name_at:extra_at])
    extra = data[extra_at : extra_at + extra_length]
    size, packed, local = _widened(extra, (size, packed, local))
    if data[local : local + 4] != LOCAL:
        raise BadSource(f"damaged zip archive: no local header at byte {local}")
    local_name, local_extra = struct.unpack_from("<HH", data, local + 26)
    start = local + 30 + local_name + local_extra
    if bytes(data[local + 30 : local + 30 + local_name]) != raw:
        raise BadSource(f"damaged zip archive: the headers at byte {local} name another entry")
    if method == 0 and size != packed:
        raise BadSource("damaged zip archive: a stored entry with two sizes")
    entry = Entry(
        name=raw.decode("utf-8"),
        method=method,
        flags=flags,
        start=start,
        size=packed,
        local=local,
        central=at,
    )
    return entry, extra_at + extra_length + comment


def _widened(extra: memoryview, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return sizes and offset with those taken from the zip64 field that do not fit 32 bits."""
    at = 0
    while at + 4 <= len(extra) and ALL32 in values:
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field = at + 4
            wide = []
            for value in values:
                if value == ALL32:
                    (value,) = struct.unpack_from("<Q", extra, field)  # noqa: PLW2901
                    field += 8
                wide.append(value)
            return wide[0], wide[1], wide[2]
        at += 4 + length
    return values


def checksums(data: memoryview, entry: Entry) -> list[Crc]:
    """Return the places that hold the CRC-32 of an entry's data, and really do.

    Its local header, the data descriptor and the central directory may; what holds another
    value (zero in a local header, a writer that computes none) stays literal.
    """
    end = entry.start + entry.size
    places = [entry.local + 14, entry.central + 16]
    if entry.flags & 8:
        places.append(end + 4 if data[end : end + 4] == DESCRIPTOR else end)
    stored = zlib.crc32(data[entry.start : end]).to_bytes(4, "little")
    return [
        Crc(start=place, first=entry.start, length=entry.size)
        for place in sorted(places)
        if data[place : place + 4] == stored
    ]
