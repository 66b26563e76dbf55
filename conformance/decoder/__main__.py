"""`python -m conformance.decoder IN.dombit [--root F]... -o DIR`: a file and a line a tensor.

What run.py asks for. A root is another .dombit file; the roots of roots are looked for among the
same files. Exit status: 0 decoded, 1 refused, 3 unsupported, 4 no root was given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from conformance.decoder import Decoded, Limits, Reject, RootMissing, decode

Report = tuple[int, list[dict[str, Any]], dict[str, bytes]]


def report(
    data: bytes, limits: dict[str, int] | None = None, roots: Sequence[bytes] = ()
) -> Report:
    """Decode a stream; return exit status, lines, and files by name (of no folder)."""
    try:
        decoded = decode(data, Limits(**(limits or {})), roots)
    except RootMissing as missing:
        return 4, [{"missing": missing.digest.hex(), "why": str(missing)}], {}
    except Reject as verdict:
        line = {"kind": verdict.kind, "stage": verdict.stage, "rule": verdict.rule}
        line["why"] = verdict.message
        return (3 if verdict.kind == "unsupported" else 1), [line], {}
    return 0, *describe(decoded)


def describe(decoded: Decoded) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return the lines and files of a decoded stream."""
    lines: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    for tensor in decoded.tensors:
        name = f"{len(files):04}.raw"
        files[name] = tensor.data
        shape = list(tensor.shape)
        lines.append({"name": tensor.name, "dtype": tensor.dtype, "shape": shape, "file": name})
    for source, data in decoded.files.items():
        name = f"{len(files):04}.raw"
        files[name] = data
        lines.append({"source": source, "file": name})
        digest = hashlib.sha256(data).hexdigest()
        lines.append({"file": source, "size": len(data), "sha256": digest})
    for number, segment in enumerate(decoded.segments):
        lines.append(
            {
                "segment": number,
                "kind": segment.kind,
                "symbols": segment.symbols,
                "lanes": segment.lanes,
                "words": segment.words,
                "end_states_sha256": states_digest(segment.end_states),
            }
        )
    return [*lines, {"model_digest": decoded.model_digest.hex()}], files


def states_digest(states: list[int]) -> str:
    """SHA-256 of end states as u32, little-endian, in lane order."""
    data = b"".join(state.to_bytes(4, "little") for state in states)
    return hashlib.sha256(data).hexdigest()


def limit(text: str) -> tuple[str, int]:
    """Read NAME=N."""
    name, _, number = text.partition("=")
    if name not in {field.name for field in fields(Limits)}:
        raise ValueError(text)
    return name, int(number)


def main(argv: Sequence[str]) -> int:
    """Decode one file."""
    parser = argparse.ArgumentParser(prog="python -m conformance.decoder", description=__doc__)
    parser.add_argument("stream", type=Path)
    parser.add_argument("-o", "--output", type=Path, help="folder for one raw file a tensor")
    parser.add_argument("--limit", type=limit, action="append", default=[], metavar="NAME=N")
    parser.add_argument("--root", type=Path, action="append", default=[], metavar="FILE")
    options = parser.parse_args(argv)
    roots = [path.read_bytes() for path in options.root]
    code, lines, files = report(options.stream.read_bytes(), dict(options.limit), roots)
    for name, data in files.items() if options.output is not None else ():
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / name).write_bytes(data)
    for line in lines:
        print(json.dumps(line))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
