"""Measure: one model there and back, in processes whose time and memory are theirs alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dombit.errors import IoFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one model at one rate showed."""

    model: str
    rate: str
    bytes: int
    ratio: float
    """Bytes of the stream by bytes of the source file."""
    bits_per_weight: float
    snr_db: float | None
    encode_seconds: float
    """As the command reports them: without the start of the process."""
    decode_seconds: float
    encode_mib: float
    """Largest resident memory of the process, its libraries included."""
    decode_mib: float
    model_digest: str

    def as_object(self) -> dict[str, Any]:
        """Return the figures as a JSON object."""
        return asdict(self)


def measure(model: Path, rate: list[str], folder: Path, repeat: int) -> Figures:
    """Encode and decode `repeat` times and keep the shortest times."""
    stream, back = folder / "model.dombit", folder / f"back{model.suffix}"
    encode = ["encode", str(model), "-o", str(stream), "--force", *rate]
    decode = ["decode", str(stream), "-o", str(back), "--force"]
    encoded = [dombit(encode) for _ in range(repeat)]
    decoded = [dombit(decode) for _ in range(repeat)]
    return Figures(
        model=model.name,
        rate=" ".join(rate) or "--lossless",
        bytes=encoded[0]["bytes"],
        ratio=encoded[0]["bytes"] / model.stat().st_size,
        bits_per_weight=encoded[0]["bits_per_weight"],
        snr_db=encoded[0]["snr_db"],
        encode_seconds=min(run["seconds"] for run in encoded),
        decode_seconds=min(run["seconds"] for run in decoded),
        encode_mib=max(run["mib"] for run in encoded),
        decode_mib=max(run["mib"] for run in decoded),
        model_digest=decoded[0]["model_digest"],
    )


def dombit(words: list[str]) -> dict[str, Any]:
    """Run the command in a process of its own; its JSON object and its memory in MiB."""
    command = [sys.executable, "-m", "dombit", *words, "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603 - our own
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise IoFailure(f"dombit {words[0]} ended with {process.returncode}")
    result: dict[str, Any] = json.loads(output)
    return {**result, "mib": usage.ru_maxrss / 1024}
