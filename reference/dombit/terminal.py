"""Terminal: what people and programs see: safe text, tables, one JSON object, a progress bar."""

from __future__ import annotations

import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dombit.errors import (
    BadSource,
    DombitError,
    IoFailure,
    MissingExtra,
    NotTheStream,
    RootMissing,
    UsageError,
)
from dombit.progress import Progress, no_progress

DONE, BAD, USAGE, UNSUPPORTED, ENVIRONMENT = range(5)
"""Exit codes, the same everywhere."""
INTERRUPTED, CRASHED = 130, 70

KINDS: dict[type[BaseException], tuple[str, int]] = {
    BadSource: ("bad-source", BAD),
    RootMissing: ("root-missing", ENVIRONMENT),
    IoFailure: ("io", ENVIRONMENT),
    MissingExtra: ("missing-extra", ENVIRONMENT),
    UsageError: ("usage", USAGE),
    MemoryError: ("io", ENVIRONMENT),
    OSError: ("io", ENVIRONMENT),
    KeyboardInterrupt: ("interrupted", INTERRUPTED),
}
"""What is not the stream's fault: its word and its exit code."""


def word_and_code(error: BaseException) -> tuple[str, int]:
    """Return the kind of an error as a word, and the exit code."""
    if isinstance(error, DombitError):
        return error.kind, UNSUPPORTED if error.kind == "unsupported" else BAD
    known = (value for kind, value in KINDS.items() if isinstance(error, kind))
    return next(known, ("crash", CRASHED))


def failure(error: BaseException) -> dict[str, Any]:
    """Return an error as a JSON object."""
    word, code = word_and_code(error)
    places = ("rule", "stage", "at", "bit", "unit", "tensor", "hint")
    return {
        "ok": False,
        "kind": word,
        "message": _message(error),
        **{place: getattr(error, place, None) for place in places},
        "exit_code": code,
    }


def failure_line(error: BaseException) -> str:
    """Return an error as one line that is safe to print."""
    if isinstance(error, DombitError):
        return f"dombit: {escape(str(error))}"
    hint = f"; {error.hint}" if isinstance(error, NotTheStream) and error.hint else ""
    return f"dombit: {word_and_code(error)[0]}: {escape(_message(error) + hint)}"


def _message(error: BaseException) -> str:
    if isinstance(error, DombitError | NotTheStream):
        return error.message
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, KeyboardInterrupt):
        return "stopped; nothing was written"
    if isinstance(error, OSError):
        return str(error)
    return f"{type(error).__name__}: {error}; this is a bug in dombit (python -X dev shows where)"


def escape(text: object) -> str:
    """Return a text in which nothing moves the cursor, hides, or turns the direction."""
    return "".join(map(_escaped, str(text)))


def _escaped(character: str) -> str:
    if character == " " or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    code = ord(character)
    if code < 256:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"


def show_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output; what is not finite becomes null."""
    print(as_json(value))


def as_json(value: Mapping[str, Any]) -> str:
    """Return one line of JSON; arrays become lists, bytes become hexadecimal."""
    return json.dumps(finite(value), allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return finite(value.tolist()) if hasattr(value, "tolist") else str(value)


def finite(value: Any) -> Any:
    """Return the value with null for each number that JSON does not know."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table: the first row is its head, the first column flushes left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join((row[0].ljust(widths[0]), *cells[1:])).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def show(lines: Iterable[str]) -> None:
    """Print lines on standard output."""
    for line in lines:
        print(line)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a Progress that draws a bar, where standard error is a terminal and rich is there."""
    try:
        from rich.console import Console
        from rich.progress import Progress as Bar
    except ImportError:
        yield no_progress
        return
    if not sys.stderr.isatty():
        yield no_progress
        return
    with Bar(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(escape(what), total=total or None)
            bar.update(tasks[what], completed=done, total=total or None)

        yield report
