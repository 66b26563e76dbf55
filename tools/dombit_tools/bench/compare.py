"""Compare: the parts of the bench, in order, with versions and settings of every side."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dombit_tools.bench import memory, pairs, ranges, sizes, speeds
from dombit_tools.bench.findings import Finding
from dombit_tools.bench.session import Session, Settings, session

PARTS: dict[str, Callable[[Session], Iterator[Finding]]] = {
    "sizes": sizes.measure,
    "speeds": speeds.measure,
    "memory": memory.measure,
    "ranges": ranges.measure,
    "pairs": pairs.measure,
}


def compare(settings: Settings) -> tuple[dict[str, Any], list[Finding]]:
    """Measure the parts; return the sides that took part, and the findings."""
    findings: list[Finding] = []
    with (
        tempfile.TemporaryDirectory(prefix="dombit-bench-") as folder,
        session(settings, Path(folder)) as running,
    ):
        sides = sides_of(running)
        for part in settings.parts:
            for finding in PARTS[part](running):
                print(f"{part}: {finding.figure}: {finding.value}", file=sys.stderr)
                findings.append(finding)
    return sides, findings


def sides_of(running: Session) -> dict[str, Any]:
    """Return versions and settings of every side, and the machine."""
    machine = f"{platform.machine()}, {os.cpu_count()} processors, {processor()}"
    sides = {"machine": machine, "dombit": running.ours.ask("hello")["versions"]}
    for name, worker in running.peers.items():
        said = worker.ask("hello")
        sides[name] = {**said["versions"], "settings": said["settings"]}
    return sides


def processor() -> str:
    """Return the name of the processor, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def sides_in_words(sides: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each side."""
    for name, said in sides.items():
        pairs = said.items() if isinstance(said, dict) else [("", said)]
        yield f"- {name}: " + ", ".join(f"{key} {value}".strip() for key, value in pairs)
