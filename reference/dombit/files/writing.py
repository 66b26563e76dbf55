"""Writing: outputs under temporary names that appear whole and together, or not at all."""

from __future__ import annotations

import io
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from dombit.errors import IoFailure, UsageError
from dombit.files.failures import io_errors
from dombit.files.names import inside
from dombit.files.reading import is_path

Target = Any
"""A path (str or PathLike) or a writable binary file object."""


@dataclass(slots=True)
class Pending:
    """An output that is not there yet."""

    target: Path
    temporary: Path
    file: BinaryIO = field(default_factory=io.BytesIO)
    """The file under its temporary name, once it is open."""
    placed: bool = False
    """Whether it has its name already."""
    backup: Path | None = None
    """Second name of the file that it replaces, until all outputs are placed."""


class Outputs:
    """The files of one result: the main one, and those beside it that a stream names."""

    def __init__(self, target: Path, *, force: bool) -> None:
        """Take the name of the main file; `begin` opens it."""
        self._force = force
        self._folders: list[Path] = []
        self._pending: list[Pending] = []
        self._target = target
        self._folder = target.parent

    def begin(self) -> None:
        """Open the main file under a temporary name."""
        self._open(self._target)

    def write(self, data: Any) -> None:
        """Append to the main file."""
        self._write(self._pending[0], data)

    def beside(self, name: str) -> Appender:
        """Open another file by a name relative to the folder of the main one.

        The name comes from a stream and is not trusted: IoFailure where it leads out of the
        folder, UsageError where it is the main file's own.
        """
        target = inside(self._folder, name)
        if any(target == pending.target for pending in self._pending):
            hint = "give the output another name"
            raise UsageError(f"two outputs would be named {name!r}", hint=hint)
        with io_errors(f"writing {target}"):
            self._make_folder(target.parent)
        pending = self._open(target)
        return Appender(lambda data: self._write(pending, data))

    def commit(self) -> None:
        """Sync all files, then give them their names, the main one last."""
        for pending in self._pending:
            with io_errors(f"writing {pending.target}"), pending.file as file:
                file.flush()
                os.fsync(file.fileno())
        for pending in (*self._pending[1:], self._pending[0]):
            with io_errors(f"writing {pending.target}"):
                self._place(pending)
        for pending in self._pending:
            _sync_folder(pending.target.parent)
            if pending.backup:
                pending.backup.unlink(missing_ok=True)

    def _place(self, pending: Pending) -> None:
        if _occupied(pending.target, force=self._force):
            pending.backup = _temporary(pending.target.parent)
            with suppress(OSError):  # a file system without hard links: no way back, then
                os.link(pending.target, pending.backup, follow_symlinks=False)
        pending.temporary.replace(pending.target)
        pending.placed = True

    def remove(self) -> None:
        """Leave all as it was: no temporaries, no new files or folders, old files in place."""
        for pending in self._pending:
            with suppress(OSError):
                pending.file.close()
            with suppress(OSError):
                pending.temporary.unlink(missing_ok=True)
            with suppress(OSError):
                _take_back(pending)
        for folder in reversed(self._folders):
            with suppress(OSError):
                folder.rmdir()

    def _open(self, target: Path) -> Pending:
        _occupied(target, force=self._force)
        pending = Pending(target, _temporary(target.parent))
        self._pending.append(pending)  # before it is there: an interrupt from here on removes it
        with io_errors(f"writing {target}"):
            pending.file = pending.temporary.open("xb", buffering=1 << 20)
        return pending

    def _write(self, pending: Pending, data: Any) -> None:
        with io_errors(f"writing {pending.target}"):
            pending.file.write(data)

    def _make_folder(self, folder: Path) -> None:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir()
            self._folders.append(path)


class Appender:
    """A file to which bytes are appended; one alone, with none beside it."""

    def __init__(self, write: Callable[[Any], Any]) -> None:
        """Take the function that appends."""
        self._write = write

    def write(self, data: Any) -> None:
        """Append to the file."""
        self._write(data)

    def beside(self, name: str) -> Appender:
        """Refuse: only a path has a folder."""
        hint = "give a path as the output"
        raise UsageError(f"the model has a second file, {name!r}", hint=hint)


@contextmanager
def atomic_output(target: Target, *, force: bool = False) -> Iterator[Outputs | Appender]:
    """Give something with `write(data)`; the file is there after the block, or nothing is.

    A path becomes an Outputs: temporary names in the same folder, synced and renamed at the
    end; an existing file needs `force`.  Any error in the block removes all.  A file object is
    written to as it is.  Raises IoFailure (also for MemoryError and OSError in the block).
    """
    if not is_path(target):
        with io_errors("writing the output"):
            yield Appender(target.write)
        return
    outputs = Outputs(Path(target), force=force)
    try:
        outputs.begin()
        with io_errors(f"writing {target}"):
            yield outputs
        outputs.commit()
    except BaseException:
        outputs.remove()
        raise


def _temporary(folder: Path) -> Path:
    return folder / f".dombit-{secrets.token_hex(6)}.tmp"


def _take_back(pending: Pending) -> None:
    """Undo a rename: the old file comes back, a new one goes."""
    if pending.backup and pending.backup.exists():
        pending.backup.replace(pending.target)
    elif pending.placed and not pending.backup:
        pending.target.unlink(missing_ok=True)


def _occupied(target: Path, *, force: bool) -> bool:
    """Whether a file has the name; IoFailure where it may not be replaced."""
    with io_errors(f"writing {target}"):
        try:
            mode = target.stat().st_mode
        except FileNotFoundError:
            mode = stat.S_IFREG if target.is_symlink() else 0
    if not mode:
        return False
    if stat.S_ISDIR(mode):
        raise IoFailure(f"writing {target}: it is a directory", hint="name a file")
    if not stat.S_ISREG(mode):
        raise IoFailure(f"writing {target}: it is not a regular file", hint="name a file")
    if not force:
        raise IoFailure(f"{target} exists already", hint="--force (force=True) replaces it")
    return True


def _sync_folder(folder: Path) -> None:
    """Make the new names durable, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
