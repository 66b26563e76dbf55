"""Serve: requests come as lines of JSON, answers go back as lines of JSON (imports no codec)."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

Step = Callable[..., dict[str, Any]]
"""Does what a request asks, with its members as arguments; returns the members of the answer."""


def serve(steps: Mapping[str, Step]) -> None:
    """Answer requests until standard input ends; what codecs print goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            print(json.dumps(answer(steps, json.loads(line))), file=answers, flush=True)


def answer(steps: Mapping[str, Step], request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to one request; an error is an answer too."""
    try:
        return {"ok": True, **steps[request.pop("do")](**request)}
    except (Exception, SystemExit) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


def timed(work: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """Return the seconds that something took (on the wall, and of processors), and its result."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    seconds = time.perf_counter() - wall
    return {"seconds": seconds, "cpu_seconds": time.process_time() - processor}, result


def contents(path: str) -> bytes:
    """Return a file's bytes: read once, and again when the file has been written again."""
    state = Path(path).stat()
    return _contents(path, state.st_mtime_ns, state.st_ino, state.st_size)


@lru_cache(maxsize=3)
def _contents(path: str, *_: int) -> bytes:
    return Path(path).read_bytes()


def peak_mib() -> float:
    """Return the largest resident memory of this process so far, in MiB.

    The kernel's own number where there is one: `ru_maxrss` counts the parent before `exec`.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    import resource

    scale = 1 << 20 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def forget_peak() -> float:
    """Let the peak begin anew where the kernel can do that; return the memory in use, in MiB."""
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5", encoding="ascii")
    return peak_mib()
