"""Command: `dombit bench MODEL ... [--rate "--snr 17.9"]`, the table of the README."""

from __future__ import annotations

import argparse
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dombit import terminal
from dombit_tools.bench.measure import Figures, measure


def register(parser: argparse.ArgumentParser) -> None:
    """Measure encoding and decoding of models: sizes, seconds, memory."""
    parser.add_argument("models", nargs="+", metavar="MODEL", type=Path)
    help_rate = 'options of encode, as one word; more than once for more rows (--rate="--snr 30")'
    parser.add_argument("--rate", action="append", metavar="OPTIONS", help=help_rate)
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="keep the best of N")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure every model at every rate, and print a Markdown table."""
    rows = list(measure_all(arguments.models, arguments.rate or [""], arguments.repeat))
    if arguments.json:
        terminal.show_json({"ok": True, "rows": [row.as_object() for row in rows]})
    else:
        terminal.show(markdown(rows))
    return terminal.DONE


def measure_all(models: list[Path], rates: list[str], repeat: int) -> Iterator[Figures]:
    """Yield the figures, one model after another."""
    for model in models:
        for rate in rates:
            with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
                yield measure(model, shlex.split(rate), Path(folder), repeat)


def markdown(rows: list[Figures]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| model | rate | bytes | of the file | bit/weight | SNR dB | encode | decode |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        snr = "exact" if row.snr_db is None else f"{row.snr_db:.2f}"
        encode = f"{row.encode_seconds:.1f} s, {row.encode_mib:.0f} MiB"
        decode = f"{row.decode_seconds:.1f} s, {row.decode_mib:.0f} MiB"
        size = f"{row.bytes:,} | {row.ratio:.4f} | {row.bits_per_weight:.3f}"
        yield f"| {row.model} | {row.rate} | {size} | {snr} | {encode} | {decode} |"
