"""The walk over zip archives: entries, zip64, contradictions."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from dombit.errors import BadSource
from dombit.models.zipwalk import Entry, checksums, entries

FILES = {"a/data.pkl": b"pickle", "a/data/0": b"weights!" * 9, "a/none": b""}
ALL = 0xFFFFFFFF


def local_header(name: bytes, content: bytes) -> bytes:
    """Return a local header of a stored entry."""
    fields = (20, 0, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), len(name), 0)
    return b"PK\x03\x04" + struct.pack("<5H3I2H", *fields) + name


def wide_archive(files: dict[str, bytes], *, count: int | None = None) -> bytes:
    """Return an archive whose central directory has all sizes and offsets in zip64 fields."""
    out, central = b"", b""
    for name, content in files.items():
        stored = name.encode()
        extra = struct.pack("<HHHHHQQQ", 9, 2, 7, 1, 24, len(content), len(content), len(out))
        crc = zlib.crc32(content)
        fields = (45, 45, 0, 0, 0, 0x21, crc, ALL, ALL, len(stored), len(extra))
        central += b"PK\x01\x02" + struct.pack("<6H3I2H", *fields)
        central += struct.pack("<3H2I", 0, 0, 0, 0, ALL) + stored + extra
        out += local_header(stored, content) + content
    number = len(files) if count is None else count
    end64 = struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, number, number, len(central), len(out))
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, len(out) + len(central), 1)
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 0xFFFF, 0xFFFF, ALL, ALL, 0)
    return out + central + b"PK\x06\x06" + end64 + locator + end


def contents(data: bytes) -> dict[str, bytes]:
    """Return what the walk finds in an archive."""
    return {e.name: data[e.start : e.start + e.size] for e in entries(memoryview(data))}


def archive(names: list[str], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive as Python writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name in names:
            made.writestr(name, FILES.get(name, b"x"))
    return out.getvalue()


def entry(data: bytes, number: int) -> Entry:
    """Return one entry."""
    return entries(memoryview(data))[number]


def test_entries() -> None:
    """The walk finds what Python's zipfile wrote."""
    assert contents(archive(list(FILES))) == FILES


def test_zip64() -> None:
    """Sizes and offsets are taken from zip64 fields, which other fields may precede."""
    data = wide_archive(FILES)
    assert contents(data) == FILES
    assert zipfile.ZipFile(io.BytesIO(data)).read("a/data/0") == FILES["a/data/0"]


def test_compressed_entries_are_not_plain() -> None:
    """An entry that is compressed is told from a stored one."""
    assert entry(archive(list(FILES)), 1).plain
    assert not entry(archive(list(FILES), zipfile.ZIP_DEFLATED), 1).plain


def test_checksums() -> None:
    """The CRC-32 fields of both headers are found, unless they hold another value."""
    data = archive(list(FILES))
    found = entry(data, 1)
    crcs = checksums(memoryview(data), found)
    assert [crc.start for crc in crcs] == [found.local + 14, found.central + 16]
    assert {(crc.first, crc.length) for crc in crcs} == {(found.start, found.size)}
    changed = bytearray(data)
    changed[found.central + 16] ^= 1
    assert len(checksums(memoryview(changed), found)) == 1


def test_descriptor_checksum() -> None:
    """A data descriptor after the data holds the CRC-32, with its signature or without."""
    out = io.BytesIO()

    class Unseekable(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            return out.write(data)

    with zipfile.ZipFile(Unseekable(), "w") as made:  # type: ignore[arg-type]
        made.writestr("w", b"weights")
    data = out.getvalue()
    found = entry(data, 0)
    starts = [crc.start for crc in checksums(memoryview(data), found)]
    assert starts == [found.start + found.size + 4, found.central + 16]


DAMAGE = {
    "no end": archive(["a"])[:-22],
    "bytes after the end": archive(["a"]) + b"?",
    "too many": wide_archive(FILES, count=4),
    "too few": wide_archive(FILES, count=2),
    "directory outside": archive(["a"])[:-6] + b"\xff" * 4 + b"\0\0",
    "local name": archive(["abc"]).replace(b"abc", b"abd", 1),
    "no local header": archive(["abc"]).replace(b"PK\x03\x04", b"PK\x03\x05"),
    "no central header": archive(["abc"]).replace(b"PK\x01\x02", b"PK\x01\x03"),
    "one name twice": archive(["abc", "abd"]).replace(b"abd", b"abc"),
    "name no text": archive(["abc"]).replace(b"abc", b"ab\xff"),
    "empty": b"",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage(kind: str) -> None:
    """Archives whose parts contradict each other are refused."""
    with pytest.raises(BadSource, match="damaged zip archive"):
        entries(memoryview(DAMAGE[kind]))


def test_overlap() -> None:
    """Two entries over the same bytes are refused."""
    inner = local_header(b"b", b"12") + b"12"
    data = bytearray(wide_archive({"a": inner, "b": b"12"}))
    at = data.rindex(struct.pack("<Q", entry(bytes(data), 1).local))
    data[at : at + 8] = struct.pack("<Q", entry(bytes(data), 0).start)
    with pytest.raises(BadSource, match="overlap"):
        entries(memoryview(data))
