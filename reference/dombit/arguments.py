"""Arguments: what the subcommands share, and how the values on a command line are read."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import NoReturn

from dombit.errors import DombitError, UsageError
from dombit.limits import Limits

OUTPUT_RULES = ("R-LIM-002", "R-LIM-050")
"""Rules of the limit that --output-limit raises: bytes of tensors, bytes of files."""


class Parser(argparse.ArgumentParser):
    """A parser that raises, so that usage errors leave by the same door as all others."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, hint=f"see `{self.prog} --help`")


def add_input(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the one positional argument."""
    parser.add_argument("input", metavar="IN", type=Path, help=what)


def add_common(parser: argparse.ArgumentParser, *, force: bool = False) -> None:
    """Add the options of all subcommands."""
    if force:
        parser.add_argument("--force", action="store_true", help="replace an existing output")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Add the option that raises the limit of output."""
    help_limit = "most bytes to decode to (4GiB; the default is 1GiB or 1024 times the stream)"
    parser.add_argument("--output-limit", metavar="BYTES", type=size, help=help_limit)


def add_roots(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option that gives the models that the receiver holds; it may be repeated."""
    parser.add_argument(
        "--root", metavar="MODEL", dest="roots", type=Path, action="append", default=[], help=what
    )


def limits_of(arguments: argparse.Namespace) -> Limits | None:
    """Return the limits that the options name, or None for the default ones."""
    limit = arguments.output_limit
    return None if limit is None else Limits(output_bytes=limit)


def name_option(error: BaseException) -> None:
    """Let the error of a limit name the option that raises it."""
    if isinstance(error, DombitError) and error.rule in OUTPUT_RULES and not error.hint:
        error.hint = "--output-limit raises the limit"


def number(text: str) -> float:
    """Read a finite number."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def positive(text: str) -> float:
    """Read a number above zero."""
    value = number(text)
    if value <= 0:
        raise ValueError(text)
    return value


def size(text: str) -> int:
    """Read a number of bytes: 1000000, 500MB, 4GiB."""
    match = re.fullmatch(r"([0-9.]+) ?([kKMGT]?)(i?)B?", text)
    if match is None:
        raise ValueError(text)
    digits, letter, binary = match.groups()
    power = " KMGT".index(letter.upper() or " ")
    return int(positive(digits) * (1024 if binary else 1000) ** power)
