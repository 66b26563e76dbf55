"""Command: `dombit bench`: whole models in a table, or a comparison with peers and targets."""

from __future__ import annotations

import argparse
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dombit import terminal
from dombit.errors import UsageError
from dombit_tools.bench.compare import PARTS, compare, sides_in_words
from dombit_tools.bench.findings import markdown as findings_table
from dombit_tools.bench.materials import KNOWN
from dombit_tools.bench.measure import Figures, measure
from dombit_tools.bench.pairings import FAMILIES
from dombit_tools.bench.session import Settings

PEERS = ("nncodec", "zipnn")
STDOUT = "-"


def register(parser: argparse.ArgumentParser) -> None:
    """Measure models: sizes, seconds, memory; without MODEL, against peers and targets."""
    parser.add_argument("files", nargs="*", metavar="MODEL", type=Path)
    help_rate = 'options of encode, as one word; more than once for more rows (--rate="--snr 30")'
    parser.add_argument("--rate", action="append", metavar="OPTIONS", help=help_rate)
    help_repeat = "rounds: of MODELs the best counts (1), of a comparison the median (5)"
    parser.add_argument("--repeat", type=int, metavar="N", help=help_repeat)
    help_json = "print one JSON object, or write it to a file and print the table"
    parser.add_argument("--json", nargs="?", const=STDOUT, metavar="FILE.json", help=help_json)
    against = parser.add_argument_group("comparison (without MODEL)")
    help_models = "names (" + ", ".join(KNOWN) + ") or paths; the first is measured for speed"
    against.add_argument("--models", type=words, default=tuple(KNOWN), help=help_models)
    against.add_argument("--parts", type=words, default=tuple(PARTS), help=", ".join(PARTS))
    against.add_argument("--peers", type=words, default=(), help=", ".join(PEERS))
    help_pairs = "families of pairs (" + ", ".join(FAMILIES) + ") or fp32 .safetensors files"
    against.add_argument("--pairs", type=words, default=tuple(FAMILIES), help=help_pairs)
    help_cache = "where checkpoints that are trained for pairs stay (else they are made again)"
    against.add_argument("--cache", metavar="FOLDER", default="", help=help_cache)
    help_steps = "steps of AdamW on MiniLM before the pair of steps (12; 300 take minutes)"
    against.add_argument("--steps", metavar="N", type=int, default=0, help=help_steps)
    for peer in PEERS:
        help_python = f"the Python of the environment that has {peer}"
        against.add_argument(f"--{peer}-python", metavar="PATH", help=help_python)
    parser.set_defaults(run=run)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list with commas."""
    return tuple(word for word in text.split(",") if word)


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print a Markdown table or one JSON object."""
    if arguments.json not in (None, STDOUT) and not arguments.json.endswith(".json"):
        raise UsageError(f"--json writes to a file named .json, not to {arguments.json}")
    if arguments.files:
        rows = list(measure_all(arguments.files, arguments.rate or [""], arguments.repeat or 1))
        give(arguments, {"rows": [row.as_object() for row in rows]}, markdown(rows))
        return terminal.DONE
    sides, findings = compare(settings_of(arguments))
    table = [*sides_in_words(sides), "", *findings_table(findings)]
    give(arguments, {"sides": sides, "findings": [each.as_object() for each in findings]}, table)
    return terminal.DONE


def give(
    arguments: argparse.Namespace, value: dict[str, Any], lines: Iterator[str] | list[str]
) -> None:
    """Print the object or the lines; write the object where a file is named."""
    value = {"ok": True, **value}
    if arguments.json == STDOUT:
        terminal.show_json(value)
        return
    if arguments.json:
        Path(arguments.json).write_text(terminal.as_json(value) + "\n", encoding="utf-8")
    terminal.show(lines)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings of a comparison."""
    check(arguments.parts, tuple(PARTS), "--parts")
    check(arguments.peers, PEERS, "--peers")
    pythons = {peer: getattr(arguments, f"{peer}_python") for peer in arguments.peers}
    for peer, python in pythons.items():
        if not python:
            raise UsageError(f"--peers {peer} needs --{peer}-python PATH")
    command = ["tools/bench", "--models", ",".join(arguments.models)]
    if arguments.repeat:
        command += ["--repeat", str(arguments.repeat)]
    if arguments.peers:
        command += ["--peers", ",".join(arguments.peers)]
    for peer, python in pythons.items():
        command += [f"--{peer}-python", python]
    if arguments.pairs != tuple(FAMILIES):
        command += ["--pairs", ",".join(arguments.pairs)]
    if arguments.cache:
        command += ["--cache", arguments.cache]
    if arguments.steps:
        command += ["--steps", str(arguments.steps)]
    return Settings(
        models=arguments.models,
        parts=arguments.parts,
        pythons=pythons,
        repeat=arguments.repeat or 5,
        command=shlex.join(command),
        pairs=arguments.pairs,
        cache=arguments.cache,
        steps=arguments.steps,
    )


def check(given: tuple[str, ...], known: tuple[str, ...], option: str) -> None:
    """Raise UsageError for a word that an option does not know."""
    for word in given:
        if word not in known:
            raise UsageError(f"{option} knows {', '.join(known)}, not {word!r}")


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
