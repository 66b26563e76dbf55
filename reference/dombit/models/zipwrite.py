"""Zip archives that are written piece by piece, stored, the same bytes wherever they go."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every entry: bytes are a function of the content alone."""
_ALIGN, _PADDING = 64, b"FB"
"""Multiple of the file at which an aligned entry's content begins, and the extra field for it."""
_LOCAL_HEADER, _ZIP64_EXTRA, _EXTRA_HEAD = 30, 20, 4


class Sink(io.RawIOBase):
    """A file that is only written to, never sought."""

    def __init__(self, out: Any) -> None:
        """Take something with write(bytes)."""
        super().__init__()
        self._out = out
        self.position = 0
        """Bytes written so far."""

    def write(self, data: Any) -> int:
        """Pass bytes on, and say how many."""
        self._out.write(data)
        size = memoryview(data).nbytes
        self.position += size
        return size


def archive(sink: Sink) -> zipfile.ZipFile:
    """Return an archive to be written to; use it as a context manager."""
    return zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED)


def write_aligned(
    into: zipfile.ZipFile, sink: Sink, name: str, size: int, pieces: Iterable[Any]
) -> None:
    """Write an entry of `size` bytes whose content begins at a multiple of 64 of the file."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.file_size = size
    large = size >= zipfile.ZIP64_LIMIT // 2
    head = _LOCAL_HEADER + len(name.encode()) + _EXTRA_HEAD + _ZIP64_EXTRA * large
    fill = -(sink.position + head) % _ALIGN
    info.extra = _PADDING + fill.to_bytes(2, "little") + b"Z" * fill
    with into.open(info, "w", force_zip64=large) as entry:
        for piece in pieces:
            entry.write(piece)
