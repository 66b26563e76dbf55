"""Conform: the reference decoder as the conformance suite asks for a decoder.

    python conformance/run.py --strict --limits all -- python -m dombit_tools.conform

`python -m dombit_tools.conform IN.dombit [--limit NAME=N]... -o DIR` writes a raw file and a
line of JSON a tensor, and the source files; exit codes are those of `dombit`. NumPy is the
default engine because it starts faster: a vector is small, a process is not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from dombit.api import decode_stream
from dombit.arguments import Parser
from dombit.decoded import DecodedModel
from dombit.engines import Engine
from dombit.errors import DombitError
from dombit.files import Source
from dombit.limits import Limits, default_limits
from dombit.models.carrier import fill
from dombit.roots import bytes_of
from dombit.terminal import as_json, failure, failure_line, word_and_code

Report = tuple[int, list[dict[str, Any]], dict[str, bytes]]
NAMES = [field.name for field in fields(Limits)]


def report(
    stream: Source,
    size: int,
    limits: Mapping[str, int],
    engine: Engine = "numpy",
    roots: Sequence[Source] = (),
) -> Report:
    """Decode a stream of `size` bytes; return exit status, lines, and files by name (of no folder).

    `roots`: streams among which the root of a DoM is looked for. Raises what decode_stream raises
    where the stream is not at fault.
    """
    try:
        wanted = replace(default_limits(size + bytes_of(roots)), **limits)
        decoded = decode_stream(stream, wanted, engine=engine, roots=roots, files=True)
        decoded.check_files()
    except DombitError as error:
        return word_and_code(error)[1], [failure(error)], {}
    lines: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    for number, tensor in enumerate(decoded.structure.tensors):
        if not tensor.hidden:
            name = f"{number:04}.raw"
            files[name] = decoded.data(number).tobytes()
            line = {"name": tensor.name, "dtype": tensor.dtype.name, "shape": list(tensor.shape)}
            lines.append({**line, "file": name})
    for source, name, data in _sources(decoded):
        files[name] = data
        lines.append({"source": source, "file": name})
    return 0, [*lines, {"model_digest": decoded.model_digest.hex()}], files


def _sources(decoded: DecodedModel) -> Iterator[tuple[str, str, bytes]]:
    """Yield each source file: its own name, the name of our file, its bytes."""
    if decoded.skeleton is not None:
        for number, file in enumerate(decoded.skeleton.files):
            chunks = fill(decoded.skeleton, number, decoded.data, decoded.structure.tensors)
            yield file.name, f"source{number:04}", b"".join(bytes(chunk) for chunk in chunks)


def limit(text: str) -> tuple[str, int]:
    """Read NAME=N."""
    name, _, value = text.partition("=")
    if name not in NAMES:
        raise ValueError(text)
    return name, int(value)


def run(argv: Sequence[str]) -> int:
    """Decode one file, and return the exit code."""
    parser = Parser(prog="python -m dombit_tools.conform", description=__doc__)
    parser.add_argument("stream", type=Path, metavar="IN.dombit")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    help_limit = f"a limit of the caller: {', '.join(NAMES)}"
    parser.add_argument(
        "--limit", type=limit, action="append", default=[], metavar="NAME=N", help=help_limit
    )
    help_root = "a stream that the receiver holds; may be repeated"
    parser.add_argument(
        "--root", type=Path, action="append", default=[], metavar="FILE", help=help_root
    )
    parser.add_argument("--engine", choices=("auto", "numpy", "numba"), default="numpy")
    options = parser.parse_args(argv)
    size = options.stream.stat().st_size
    code, lines, files = report(
        options.stream, size, dict(options.limit), options.engine, options.root
    )
    for name, data in files.items():
        (options.output / name).write_bytes(data)
    for line in lines:
        print(as_json(line))
    return code


def main(argv: Sequence[str]) -> int:
    """Run, and report what is not the stream's fault in one line."""
    try:
        return run(argv)
    except (Exception, KeyboardInterrupt) as error:
        print(failure_line(error), file=sys.stderr)
        return word_and_code(error)[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
