"""Command: `dombit inspect`, a summary, a tree of fields, one byte or one tensor of a stream."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any

from dombit import terminal
from dombit.arguments import (
    add_common,
    add_input,
    add_limit,
    add_roots,
    limits_of,
    name_option,
)
from dombit.engines import kernels_of
from dombit.errors import DombitError, NotTheStream, UsageError
from dombit.events import Event, FaultFound, Tell
from dombit.files import size_of
from dombit.scan import scan
from dombit.streams import candidates
from dombit.terminal import escape
from dombit_tools.inspect.objects import ObjectWriter, safe_json
from dombit_tools.inspect.paths import PathFilter
from dombit_tools.inspect.place import PlaceFinder
from dombit_tools.inspect.summary import Verdict, summary_lines, summary_object
from dombit_tools.inspect.survey import Survey
from dombit_tools.inspect.tensor import TensorFinder
from dombit_tools.inspect.tree import DEEPEST, TreeWriter

EXAMPLES = """examples:
  dombit inspect model.dombit                       what is in it, and which parts its bytes are
  dombit inspect model.dombit --tree --depth 1      its units
  dombit inspect model.dombit --tree --hex | less   every field beside its bytes
  dombit inspect model.dombit --at 0x1234           the field that a byte belongs to, and its rule
  dombit inspect model.dombit --path 'units[1].tensors'          names, dtypes and shapes
  dombit inspect model.dombit --path 'units[*].group.columns.tables' --hex
  dombit inspect model.dombit --tensor encoder.layer.0.weight
  dombit inspect v2.dombit --root v1.safetensors    a difference whose names are its root's
  dombit inspect broken.dombit --tree               the fault in its place, and what follows it

Symbols are not decoded unless --verify is given: faults inside them show only then. Behind a fault
reading goes on at the next unit whose header holds. Exit codes: 0 no fault, 1 the stream has one,
2 usage, 3 unsupported, 4 the environment failed."""


def register(parser: argparse.ArgumentParser) -> None:
    """Show what a stream holds: a summary, every field, one byte, or one tensor."""
    parser.epilog = EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_input(parser, "the stream")
    view = parser.add_mutually_exclusive_group()
    view.add_argument("--tree", action="store_true", help="every field, under its unit")
    view.add_argument(
        "--at", metavar="OFFSET", type=offset, help="the field of one byte: 4660 or 0x1234"
    )
    view.add_argument("--tensor", metavar="NAME", help="where one tensor lies, and how it is coded")
    group = parser.add_argument_group("options of the tree (each of them asks for it)")
    help_path = "the fields at or below a path only; * stands for anything: units[*].segment"
    group.add_argument("--path", metavar="PATH", help=help_path)
    group.add_argument("--depth", metavar="N", type=depth, help="most components of a path shown")
    group.add_argument("--hex", action="store_true", help="the bytes beside each field")
    group.add_argument("--rules", action="store_true", help="the rule of each field")
    parser.add_argument("--verify", action="store_true", help="decode, and compare the digests")
    add_roots(
        parser,
        "the model that a difference comes from; without it names that it inherits "
        "are not known, and --verify goes as far as the header",
    )
    add_limit(parser)
    add_common(parser)
    parser.set_defaults(run=run)


def offset(text: str) -> int:
    """Read an offset: 4660, 0x1234."""
    value = int(text, 0)
    if value < 0:
        raise ValueError(text)
    return value


def depth(text: str) -> int:
    """Read a number of levels, 1 or more."""
    if not re.fullmatch("[1-9][0-9]*", text):
        raise ValueError(text)
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Show one view; what is wrong with the stream is a part of it, and decides the exit code."""
    check_usage(arguments)
    if arguments.at is not None:
        faults: Sequence[BaseException] = show_place(arguments)
    elif arguments.tensor is not None:
        faults = show_tensor(arguments)
    elif asks_for_tree(arguments):
        faults = show_tree(arguments)
    else:
        faults = show_summary(arguments)
    sys.stdout.flush()
    if not faults:
        return terminal.DONE
    print(terminal.failure_line(faults[0]), file=sys.stderr)
    return terminal.word_and_code(faults[0])[1]


def asks_for_tree(arguments: argparse.Namespace) -> bool:
    """Tell whether the tree or one of its options is named."""
    options = (arguments.tree, arguments.path, arguments.depth, arguments.hex, arguments.rules)
    return any(option not in {None, False} for option in options)


def check_usage(arguments: argparse.Namespace) -> None:
    """Refuse options of the tree beside another view, and an offset behind the end."""
    if arguments.at is None and arguments.tensor is None:
        return
    if asks_for_tree(arguments):
        raise UsageError("--path, --depth, --hex and --rules are options of --tree")
    size = size_of(arguments.input)
    if arguments.at is not None and size is not None and arguments.at >= size:
        raise UsageError(f"there is no byte {arguments.at}: the stream has {size:,} bytes")


# --------------------------------------------------------------------------------------- the views


def watch(arguments: argparse.Namespace, tell: Tell) -> list[DombitError]:
    """Scan the stream, hand all events on, and return the faults."""
    faults: list[DombitError] = []

    def take(event: Event) -> None:
        if isinstance(event, FaultFound):
            name_option(event.error)
            faults.append(event.error)
        tell(event)

    limits = limits_of(arguments)
    held = candidates(arguments.roots, limits, kernels_of("auto"), check_digests=True)
    scan(arguments.input, take, limits=limits, verify=arguments.verify, find_root=held.find)
    return faults


def show_summary(arguments: argparse.Namespace) -> list[DombitError]:
    """Show what is in the stream as a whole."""
    survey = Survey()
    faults = watch(arguments, survey.take)
    survey.finish()
    verdict = Verdict(file=arguments.input.name, verified=arguments.verify)
    if arguments.json:
        print(safe_json(summary_object(survey, verdict)))
    else:
        terminal.show(summary_lines(survey, verdict))
    return faults


def show_tree(arguments: argparse.Namespace) -> Sequence[BaseException]:
    """Show fields as they are read."""
    objects = ObjectWriter(sys.stdout.write) if arguments.json else None
    writer = objects or TreeWriter(
        print, depth=arguments.depth or DEEPEST, hexadecimal=arguments.hex, rules=arguments.rules
    )
    wanted = PathFilter(arguments.path or "*")

    def take(event: Event) -> None:
        if wanted.wants(event):
            writer.take(event)

    try:
        faults = watch(arguments, take)
    except (NotTheStream, OSError, MemoryError, KeyboardInterrupt) as error:
        if objects is None or isinstance(error, BrokenPipeError):
            raise
        objects.finish(terminal.failure(error))
        return [error]
    errors: Sequence[BaseException] = faults or ([] if wanted.count else [no_path(arguments.path)])
    if objects is not None:
        objects.finish(verdict_of(errors))
    return errors


def no_path(path: str) -> UsageError:
    """Return the error for a path that nothing has."""
    hint = "--tree shows all paths; a whole one begins with units[N], N or *"
    return UsageError(f"no field has the path {path!r}", hint=hint)


def show_place(arguments: argparse.Namespace) -> list[DombitError]:
    """Show what one byte is."""
    finder = PlaceFinder(arguments.at)
    faults = watch(arguments, finder.take)
    if arguments.json:
        print(safe_json({**verdict_of(faults), **finder.object()}))
    else:
        terminal.show(finder.lines())
    return faults


def show_tensor(arguments: argparse.Namespace) -> list[DombitError]:
    """Show where one tensor is."""
    finder = TensorFinder(arguments.tensor)
    faults = watch(arguments, finder.take)
    if not finder.found and not faults:
        near = ", ".join(f'"{escape(name)}"' for name in finder.near())
        raise UsageError(
            f"the stream has no tensor {arguments.tensor!r}",
            hint=f"names like it: {near}" if near else "it has no tensors",
        )
    if arguments.json:
        print(safe_json({**verdict_of(faults), **finder.object()}))
    else:
        terminal.show(finder.lines())
    return faults


def verdict_of(faults: Sequence[BaseException]) -> dict[str, Any]:
    """Return `ok`, and what belongs to an error, as JSON knows it."""
    return terminal.failure(faults[0]) if faults else {"ok": True}
