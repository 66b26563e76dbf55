"""Engines: who runs the loops over symbols, and on how many threads (below api)."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Literal

from dombit import fast
from dombit.errors import UsageError
from dombit.kernels import NUMPY, Kernels

Engine = Literal["auto", "numpy", "numba"]
"""The results are the same. auto: numba where it is installed."""
MOST_JOBS = 8
"""Threads that are used where the caller names no number."""


def kernels_of(engine: Engine, jobs: int | None = None) -> Kernels:
    """Return the loops that an engine name stands for.

    `jobs`: threads; None: as many as there are processors, up to eight. Raises UsageError, and
    MissingExtra where numba is asked for and not installed.
    """
    if engine not in ("auto", "numpy", "numba"):
        raise UsageError(f"engine is auto, numpy or numba, not {engine!r}")
    if jobs is not None and jobs < 1:
        raise UsageError("jobs is at least 1")
    plain = engine == "numpy" or (engine == "auto" and not fast.available())
    threads = jobs if jobs is not None else min(MOST_JOBS, os.cpu_count() or 1)
    return replace(NUMPY if plain else fast.kernels(), jobs=threads)
