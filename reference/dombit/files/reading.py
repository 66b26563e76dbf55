"""Reading: source models as memory-mapped buffers, streams as chunks or as counted ranges."""

from __future__ import annotations

import io
import mmap
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from dombit.errors import BadSource, IoFailure
from dombit.filenames import is_file_name
from dombit.files.failures import io_errors
from dombit.models import onnx, safetensors
from dombit.models.detect import HEAD, recognise
from dombit.records import Buffer

Source = Any
"""A path (str or PathLike), a binary file object, or a bytes-like object."""

CHUNK = 1 << 20


def load_source(path: str | os.PathLike[str]) -> tuple[dict[str, Buffer], str]:
    """Return the files of a source model by relative name, memory-mapped, and the main one's name.

    Beside the main file these are the external data that an ONNX model names and the shards
    that a safetensors index names.  Raises IoFailure, and BadSource where a name leads out of
    the folder of the main file or to nothing.
    """
    main = Path(path)
    files: dict[str, Buffer] = {main.name: map_file(main)}
    for name in companions(main.name, files[main.name]):
        if not is_file_name(name):
            raise BadSource(f"{main.name} names the file {name!r} outside its own folder")
        beside = main.parent / name
        if not beside.is_file():
            hint = f"put it into {main.parent.absolute()}"
            raise BadSource(f"{main.name} needs the file {name!r}, which is not there", hint=hint)
        if name not in files:
            files[name] = map_file(beside)
    return files, main.name


def companions(name: str, data: Buffer) -> tuple[str, ...]:
    """Return the relative names of the files that a main file needs beside it."""
    found = recognise(name, bytes(memoryview(data)[:HEAD]))
    finder = {"onnx": onnx, "safetensors-index": safetensors}.get(found or "")
    return () if finder is None else tuple(finder.external_names(data))


def map_file(path: Path) -> memoryview:
    """Return the bytes of a file, memory-mapped where it is a regular one."""
    with io_errors(f"reading {path}"), path.open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return memoryview(file.read())
        if not file.seek(0, io.SEEK_END):
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def is_path(source: Source) -> bool:
    """Tell a path from a file object or a buffer."""
    return isinstance(source, str | os.PathLike)


def reading_chunks(source: Source, size: int = CHUNK) -> Iterator[memoryview]:
    """Yield the bytes of a path, a file object (from where it stands) or a buffer, in pieces."""
    if is_path(source):
        with io_errors(f"reading {source}"):
            file = Path(source).open("rb", buffering=0)  # noqa: SIM115 - closed below
        with file:
            yield from _chunks(file, str(source), size)
    elif hasattr(source, "read"):
        yield from _chunks(source, "the stream", size)
    else:
        view = memoryview(source).cast("B")
        yield from (view[at : at + size] for at in range(0, len(view), size))


def _chunks(file: Any, name: str, size: int) -> Iterator[memoryview]:
    """Yield pieces; errors of whoever takes them are not mistaken for errors of reading."""
    while True:
        with io_errors(f"reading {name}"):
            chunk = file.read(size)
        if not chunk:
            return
        yield memoryview(chunk)


def size_of(source: Source) -> int | None:
    """Return how many bytes a source holds; None where only reading would tell (a pipe)."""
    if is_path(source):
        with io_errors(f"reading {source}"):
            status = Path(source).stat()
        return status.st_size if stat.S_ISREG(status.st_mode) else None
    if not hasattr(source, "read"):
        return memoryview(source).nbytes
    if not _can_seek(source):
        return None
    with io_errors("reading the stream"):
        return _rest_of(source)


def _can_seek(file: Any) -> bool:
    return bool(file.seekable()) if hasattr(file, "seekable") else hasattr(file, "seek")


def _rest_of(file: BinaryIO) -> int:
    start = file.tell()
    file.seek(0, io.SEEK_END)
    size = file.tell() - start
    file.seek(start)
    return size


class RangeReader:
    """Reads ranges of a path, a seekable file object or a buffer, and counts them.

    Offsets are relative to where a file object stands when it is given.  Threads may share one.
    """

    def __init__(self, source: Source) -> None:
        """Open a path, or take a file object or buffer as it is."""
        self.reads = 0
        """Calls of read_at."""
        self.bytes_read = 0
        """Bytes that they returned."""
        self._lock = threading.Lock()
        self._name = str(source) if is_path(source) else "the stream"
        self._owned = is_path(source)
        self._view = None if self._owned or hasattr(source, "read") else memoryview(source)
        with io_errors(f"reading {self._name}"):
            self._file: Any = Path(source).open("rb", buffering=0) if self._owned else source  # noqa: SIM115
        self._start, self.size = self._measure()

    def _measure(self) -> tuple[int, int]:
        if self._view is not None:
            return 0, self._view.nbytes
        if not _can_seek(self._file):
            self.close()
            hint = "read it whole and give the bytes"
            raise IoFailure(f"reading {self._name}: it cannot seek", hint=hint)
        with io_errors(f"reading {self._name}"):
            return self._file.tell(), _rest_of(self._file)

    def read_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset` on, fewer where the source ends before."""
        with self._lock, io_errors(f"reading {self._name}"):
            data = self._read(offset, size)
            self.reads += 1
            self.bytes_read += len(data)
            return data

    def _read(self, offset: int, size: int) -> bytes:
        if self._view is not None:
            return bytes(self._view.cast("B")[offset : offset + size])
        self._file.seek(self._start + offset)
        pieces: list[bytes] = []
        while size > 0 and (piece := self._file.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file, if this reader opened it."""
        if self._owned:
            self._file.close()

    def __enter__(self) -> RangeReader:
        """Return the reader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
