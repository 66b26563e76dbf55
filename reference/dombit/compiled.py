"""Compiled: plain loops as machine code, by numba where it is installed (chapter 11)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from dombit.errors import MissingExtra


def available() -> bool:
    """Return whether numba is installed (extra `fast`)."""
    return find_spec("numba") is not None


@lru_cache(maxsize=16)
def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel as machine code, from numba's cache where there is a place for one."""
    if not available():
        raise MissingExtra("numba is not installed", hint="pip install dombit[fast]")
    import numba

    plain: Callable[..., Any] = numba.njit(nogil=True)(kernel)
    try:
        cached = numba.njit(nogil=True, cache=True)(kernel)
    except (RuntimeError, OSError):  # no directory for the cache can be written
        return plain

    def run(*arguments: Any) -> Any:
        try:
            return cached(*arguments)
        except OSError:  # the cache cannot be read or written after all; nothing has run yet
            return plain(*arguments)

    return run
