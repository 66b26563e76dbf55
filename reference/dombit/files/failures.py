"""Failures: what the environment refuses becomes one typed error that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from dombit.errors import IoFailure

HINTS = {
    errno.ENOSPC: "free some space or write elsewhere",
    errno.EDQUOT: "free some space or write elsewhere",
    errno.EFBIG: "the file system or a limit of the process (ulimit -f) refuses a file so large",
    errno.EACCES: "check who may read or write it",
    errno.EPERM: "check who may read or write it",
    errno.EROFS: "write elsewhere",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.EISDIR: "name a file",
    errno.ENAMETOOLONG: "use a shorter name",
    errno.EMFILE: "close some files or raise `ulimit -n`",
}


@contextmanager
def memory_errors(doing: str) -> Iterator[None]:
    """Turn MemoryError into IoFailure, and leave other errors alone; decorates functions too."""
    try:
        yield
    except MemoryError as error:
        hint = "use a machine with more memory"
        raise IoFailure(f"{doing}: not enough memory", hint=hint) from error


@contextmanager
def io_errors(doing: str) -> Iterator[None]:
    """Turn OSError and MemoryError into IoFailure; `doing` says what was attempted."""
    try:
        with memory_errors(doing):
            yield
    except OSError as error:
        reason = (error.strerror or str(error) or type(error).__name__).lower()
        raise IoFailure(f"{doing}: {reason}", hint=HINTS.get(error.errno or 0)) from error
