"""Engines: who runs the loops over symbols, and on how many threads (below api)."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from dombit import compiled, fast
from dombit.errors import MissingExtra, UsageError
from dombit.kernels import NUMPY, Kernels

Engine = Literal["auto", "numpy", "numba"]
"""The results are the same. auto: numba where it is installed and works."""


class SlowEngine(RuntimeWarning):
    """numba is there but does not work: results are the same, and come more slowly."""


MOST_JOBS = 8
"""Threads that are used where the caller names no number."""


def kernels_of(engine: Engine, jobs: int | None = None) -> Kernels:
    """Return the loops that an engine name stands for.

    `jobs`: threads; None: as many as there are processors, up to eight. Where numba is installed
    but does not work, auto takes NumPy, warns once (SlowEngine) and leaves a note. Raises
    UsageError, and MissingExtra where numba is asked for and is not installed or does not work.
    """
    if engine not in ("auto", "numpy", "numba"):
        raise UsageError(f"engine is auto, numpy or numba, not {engine!r}")
    if jobs is not None and jobs < 1:
        raise UsageError("jobs is at least 1")
    threads = jobs if jobs is not None else min(MOST_JOBS, os.cpu_count() or 1)
    return replace(_loops(engine), jobs=threads)


def _loops(engine: Engine) -> Kernels:
    if engine == "numpy" or (engine == "auto" and not compiled.available()):
        return NUMPY
    why = fast.trouble()
    if why is None:
        return fast.kernels()
    message = f"numba is installed but does not work here ({why})"
    if engine == "numba":
        hint = "pip install --force-reinstall numba, or take the engine numpy"
        raise MissingExtra(message, hint=hint)
    note = f"{message}: NumPy does its work, more slowly"
    _warn(note)
    return replace(NUMPY, note=note)


def notes_of(kernels: Kernels) -> tuple[str, ...]:
    """Return what a report should say of the engine."""
    return (kernels.note,) if kernels.note else ()


@lru_cache(maxsize=1)
def _warn(note: str) -> None:
    """Warn, once a process."""
    warnings.warn(note, SlowEngine, stacklevel=5)
