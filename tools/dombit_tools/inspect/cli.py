"""Command: `dombit inspect`, a tree for people or one JSON object for programs."""

from __future__ import annotations

import argparse
import sys

from dombit import api, terminal
from dombit.arguments import add_common, add_input, add_limit, limits_of, name_option
from dombit_tools.inspect.objects import ObjectWriter
from dombit_tools.inspect.tree import TreeWriter


def register(parser: argparse.ArgumentParser) -> None:
    """Show every field of a stream: offset, bytes, name, value, meaning."""
    add_input(parser, "the stream")
    parser.add_argument("--rules", action="store_true", help="name the clause of every field")
    add_limit(parser)
    add_common(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what can be read; an error comes after the fields that were read before it."""
    if arguments.json:
        return run_json(arguments)
    tree = TreeWriter(print, rules=arguments.rules)
    try:
        api.inspect(arguments.input, tree.take, limits=limits_of(arguments))
    finally:
        tree.finish()
        sys.stdout.flush()
    return terminal.DONE


def run_json(arguments: argparse.Namespace) -> int:
    """Print one object; an error is a part of it."""
    writer = ObjectWriter(sys.stdout.write)
    try:
        api.inspect(arguments.input, writer.take, limits=limits_of(arguments))
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        name_option(error)
        writer.finish(terminal.failure(error))
        print(terminal.failure_line(error), file=sys.stderr)
        return terminal.word_and_code(error)[1]
    writer.finish({"ok": True})
    return terminal.DONE
