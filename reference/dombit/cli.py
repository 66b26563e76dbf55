"""Command: `dombit encode`, `decode`, `verify`, `inspect`, `demo`, and what entry points add."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from dombit import api, terminal
from dombit.arguments import (
    Parser,
    add_common,
    add_input,
    add_limit,
    add_roots,
    limits_of,
    name_option,
    number,
    positive,
)
from dombit.engines import SlowEngine
from dombit.errors import UsageError
from dombit.terminal import escape

Register = Callable[[argparse.ArgumentParser], None]
"""Adds the arguments of a subcommand and sets `run`; its docstring begins with the help."""

GROUP = "dombit.commands"
"""Entry points of this group are Registers."""
AT_HOME = {name: f"dombit_tools.{name}.cli:register" for name in ("inspect", "bench")}
"""Those of this repository, for a source tree that is not installed."""
HELP_ROOTS = "a model or stream that the stream may be a difference from; found by digest"
EXAMPLES = """examples:
  dombit encode model.onnx -o model.dombit                 back byte for byte
  dombit encode model.safetensors -o m.dombit --snr 30     the smallest at 30 dB
  dombit decode model.dombit -o model.onnx
  dombit encode v2.onnx --root v1.onnx -o v2.dombit        only what changed since v1
  dombit decode v2.dombit --root v1.onnx -o v2.onnx
  dombit verify model.dombit --json
  dombit inspect model.dombit | less
  dombit demo

exit codes: 0 done, 1 the stream or the source is bad, 2 usage, 3 unsupported,
4 the environment failed (files, disk, memory, a missing root or extra)"""


def program(*words: str) -> NoReturn:
    """Run as a process: `dombit`, `python -m dombit`; the words go before the arguments."""
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGTERM, _interrupt)  # so that temporary files are removed
    warnings.filterwarnings("ignore", category=SlowEngine)  # the report has a note of it
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main([*words, *sys.argv[1:]]))


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(argv: Sequence[str]) -> int:
    """Run one command line and return the exit code; errors are one line, never a traceback."""
    try:
        arguments = build_parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return terminal.ENVIRONMENT
    except (Exception, KeyboardInterrupt) as error:
        if sys.flags.dev_mode and terminal.word_and_code(error)[1] == terminal.CRASHED:
            raise
        name_option(error)
        return report_failure(error, as_json="--json" in argv)
    return code


def report_failure(error: BaseException, *, as_json: bool) -> int:
    """Print an error (on standard error; with --json also as the object) and return its code."""
    if as_json:
        terminal.show_json(terminal.failure(error))
    print(terminal.failure_line(error), file=sys.stderr)
    return terminal.word_and_code(error)[1]


# ---------------------------------------------------------------------------------- the arguments


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="dombit",
        description="Encode deep-learning models to small exact streams, and decode them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dombit {version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, register in subcommands():
        summary = (register.__doc__ or "").partition("\n")[0]
        chosen = commands.add_parser(name, help=summary, description=summary)
        register(chosen)
    return parser


def version() -> str:
    """Return the version of the installed package."""
    try:
        return importlib.metadata.version("dombit")
    except importlib.metadata.PackageNotFoundError:
        return "(a source tree that is not installed)"


def subcommands() -> Iterator[tuple[str, Register]]:
    """Yield name and Register of all subcommands: our own first."""
    yield from OWN.items()
    found = {point.name: point.value for point in importlib.metadata.entry_points(group=GROUP)}
    for name, place in sorted({**AT_HOME, **found}.items()):
        module, _, attribute = place.partition(":")
        with contextlib.suppress(ModuleNotFoundError):
            yield name, getattr(importlib.import_module(module), attribute)


def register_encode(parser: argparse.ArgumentParser) -> None:
    """Encode a model (.onnx, .safetensors, .pt, .pth) to a stream, without loss or to a rate."""
    add_input(parser, "the model")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.dombit", type=Path)
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument("--lossless", action="store_true", help="every bit comes back (the default)")
    help_snr = "signal-to-noise ratio of the weights: 10 log10(sum w^2 / sum (w - w')^2)"
    rate.add_argument("--snr", metavar="DB", type=number, help=help_snr)
    rate.add_argument("--bits", metavar="B", type=positive, help="bits a weight, of the whole file")
    rate.add_argument(
        "--step", metavar="S", type=positive, help="step of the quantiser, never exceeded"
    )
    help_all = "with loss: also 1-D tensors (biases, norms) and integers, else kept exactly"
    parser.add_argument("--all", action="store_true", help=help_all)
    help_level = "1: sizes that hardware can hold (the default); 2: larger lanes and tables"
    parser.add_argument("--level", type=int, choices=(1, 2), default=1, help=help_level)
    help_root = "send the difference from this model or stream, which the receiver holds; "
    add_roots(parser, help_root + "more of them: where the root's own root is found")
    add_common(parser, force=True)
    parser.set_defaults(run=run_encode)


def run_encode(arguments: argparse.Namespace) -> int:
    """Encode, and report sizes."""
    rates = {name: getattr(arguments, name) for name in ("snr", "bits", "step")}
    if arguments.all and not any(rates.values()):
        raise UsageError("--all goes with --snr, --bits or --step: without loss all tensors stay")
    with terminal.progress_bar() as progress:
        report = api.encode(
            arguments.input,
            arguments.output,
            lossless=arguments.lossless or None,
            all=arguments.all,
            level=arguments.level,
            force=arguments.force,
            progress=progress,
            root=next(iter(arguments.roots), None),
            roots=arguments.roots[1:],
            **rates,
        )
    if arguments.json:
        terminal.show_json({"ok": True, **asdict(report)})
        return terminal.DONE
    loss = "lossless" if report.snr_db is None else f"{report.snr_db:.2f} dB"
    if report.step is not None:
        loss += f" with steps of {report.step:.6g}"
    rate = f"{report.weights:,} weights at {report.bits_per_weight:.3f} bit, {loss}"
    print(f"{escape(arguments.output)}: {report.bytes:,} bytes, {rate}, {report.seconds:.1f} s")
    print(f"model digest {report.model_digest}")
    show_notes(report.notes)
    return terminal.DONE


def register_decode(parser: argparse.ArgumentParser) -> None:
    """Decode a stream to the file that it was, or its tensors to another container."""
    add_input(parser, "the stream")
    help_output = "OUT.onnx, .safetensors, .pt, .pth or .npz"
    parser.add_argument("-o", "--output", required=True, metavar="OUT", type=Path, help=help_output)
    add_roots(parser, HELP_ROOTS)
    add_limit(parser)
    add_common(parser, force=True)
    parser.set_defaults(run=run_decode)


def run_decode(arguments: argparse.Namespace) -> int:
    """Decode, and report the digest."""
    with terminal.progress_bar() as progress:
        report = api.decode(
            arguments.input,
            arguments.output,
            force=arguments.force,
            limits=limits_of(arguments),
            progress=progress,
            roots=arguments.roots,
        )
    return show_decoded(report, arguments, str(arguments.output))


def register_verify(parser: argparse.ArgumentParser) -> None:
    """Decode a stream, check every digest, write nothing."""
    add_input(parser, "the stream")
    add_roots(parser, HELP_ROOTS)
    add_limit(parser)
    add_common(parser)
    parser.set_defaults(run=run_verify)


def run_verify(arguments: argparse.Namespace) -> int:
    """Verify, and report the digest."""
    with terminal.progress_bar() as progress:
        report = api.verify(
            arguments.input,
            limits=limits_of(arguments),
            progress=progress,
            roots=arguments.roots,
        )
    return show_decoded(report, arguments, f"{arguments.input} is sound")


def register_demo(parser: argparse.ArgumentParser) -> None:
    """Send a real ONNX model through, without loss and with, and compare what comes back."""
    add_common(parser)
    parser.set_defaults(run=run_demo)


def run_demo(arguments: argparse.Namespace) -> int:
    """Run the demonstration."""
    from dombit import demo

    return demo.run(as_json=arguments.json)


OWN: dict[str, Register] = {
    "encode": register_encode,
    "decode": register_decode,
    "verify": register_verify,
    "demo": register_demo,
}


# ------------------------------------------------------------------------------- what they share


def show_decoded(report: Any, arguments: argparse.Namespace, what: str) -> int:
    """Print the report of decode or verify."""
    if arguments.json:
        terminal.show_json(asdict(report))
        return terminal.DONE
    print(f"{escape(what)}: {report.tensors:,} tensors, {report.seconds:.1f} s")
    print(f"model digest {report.model_digest}")
    show_notes(report.notes)
    return terminal.DONE


def show_notes(notes: Sequence[str]) -> None:
    """Print messages on standard error."""
    for note in notes:
        print(f"note: {escape(note)}", file=sys.stderr)
