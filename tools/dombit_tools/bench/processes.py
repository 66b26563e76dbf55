"""Processes: the workers as seen from the bench, which asks one at a time."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from dombit.errors import IoFailure

TOOLS = Path(__file__).resolve().parents[2]
"""The folder that holds dombit_tools."""
START = (
    "import sys, runpy; sys.path.append({tools!r});"
    "runpy.run_module('dombit_tools.bench.workers.{name}', run_name='__main__')"
)
"""Our folder comes last on the path: another environment's own packages win."""


class Worker:
    """A process that answers requests; use it as a context manager."""

    def __init__(self, name: str, python: str = sys.executable) -> None:
        """Start `workers/NAME.py` under a Python; ours gets this process's path."""
        environment = dict(os.environ)
        if name == "ours":
            environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        else:
            environment.pop("PYTHONPATH", None)
        self.name = name
        start = START.format(tools=str(TOOLS), name=name)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a Python that the caller named
                [python, "-c", start],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        except OSError as error:
            raise IoFailure(f"{python} cannot be started: {error}") from None

    def __enter__(self) -> Worker:
        """Return the worker."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """End the process: its requests have ended."""
        self._process.communicate()

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer to one request; raise IoFailure where the worker failed."""
        line = ""
        try:
            if self._process.stdin and self._process.stdout:
                self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        answer: dict[str, Any] = json.loads(line) if line else {"ok": False, "error": "it ended"}
        if not answer["ok"]:
            raise IoFailure(f"bench worker {self.name}, {do}: {answer['error']}")
        return answer


Turn = Callable[[], dict[str, Any]]
"""Does one codec's work once; the answer has `seconds` and `cpu_seconds`."""


def alternate(turns: Sequence[Turn], repeat: int) -> list[list[float]]:
    """Let codecs take turns, one warming round first; return the seconds of each."""
    for turn in turns:
        turn()
    rounds = [[turn()["seconds"] for turn in turns] for _ in range(repeat)]
    return [list(seconds) for seconds in zip(*rounds, strict=True)]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return how often faster we are: ratio of the medians."""
    return statistics.median(theirs) / statistics.median(ours)
