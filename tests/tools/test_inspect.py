"""The inspector: a tree or one object from trace events, as far as a stream can be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dombit import api, cli
from dombit.trace import FieldRead
from dombit_tools.inspect.objects import ObjectWriter
from dombit_tools.inspect.tree import TreeWriter

ROOT = Path(__file__).parents[2]
EVENTS = (
    FieldRead(
        path="signature", start=0, stop=12, raw=b"\x89dombit\r\n\x1a\n\0", value=b"\x89dombit"
    ),
    FieldRead(
        path="units[0].unit.unit_type",
        start=12,
        stop=14,
        raw=b"\x01\x00",
        value=1,
        meaning="Names the payload.",
        rule="R-CON-010",
    ),
    FieldRead(
        path="units[0].structure.names[0].text",
        start=0,
        stop=9,
        inflated=28,
        raw=b"\x1b[31m\nbad",
        value="\x1b[31m\nbad",
    ),
    FieldRead(path="units[0].structure.dims", start=9, stop=13, inflated=28, value=[1] * 90),
    FieldRead(path="units[1].end.file_size", start=60, stop=68, bit=(0, 53), raw=b"\x44", value=68),
)
TREE = r"""
signature: bytes 0 to 12 (12)
         0  signature = 89646f6d626974  [89 64 6f 6d 62 69 74 0d ... 12 bytes]
units[0] unit structure: bytes 12 to 14 (2), inflated to 13 bytes
  unit
          12  unit_type = 1  [01 00]  ; Names the payload.  R-CON-010
  structure
    names[0]
            +0  text = \x1b[31m\x0abad  [1b 5b 33 31 6d 0a 62 61 ... 9 bytes]
          +9  dims = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,...  []
units[1] end: bytes 60 to 68 (8)
  end
          60 bits 0..52  file_size = 68  [44]
"""


def test_a_tree_groups_events_by_path() -> None:
    """Each part has a heading with its bytes, each field a line; nothing drives the terminal."""
    lines: list[str] = []
    tree = TreeWriter(lines.append, rules=True)
    for event in EVENTS:
        tree.take(event)
    tree.finish()
    assert lines == TREE.strip("\n").split("\n")


def test_an_object_holds_every_event() -> None:
    """The JSON of all events is one object with a list of fields."""
    pieces: list[str] = []
    writer = ObjectWriter(pieces.append)
    for event in EVENTS:
        writer.take(event)
    writer.finish({"ok": True})
    result = json.loads("".join(pieces))
    assert result["ok"] is True
    assert [field["path"] for field in result["fields"]] == [event.path for event in EVENTS]
    assert result["fields"][2]["raw"] == "1b5b33316d0a626164"
    assert result["fields"][2]["inflated"] == 28


def test_an_object_without_events_is_one_too() -> None:
    """A stream of which nothing can be read still gives one object."""
    pieces: list[str] = []
    ObjectWriter(pieces.append).finish({"ok": False})
    assert json.loads("".join(pieces)) == {"fields": [], "ok": False}


@pytest.fixture
def stream(tmp_path: Path, demo_model: Path) -> Path:
    """Give a stream of the small model."""
    path = tmp_path / "model.dombit"
    api.encode(demo_model, path)
    return path


def inspect(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Run `dombit inspect --json`."""
    code = cli.main(["inspect", str(path), "--json"])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, result


def test_all_of_a_stream_is_shown(stream: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fields of header, structure, groups and end appear, and every byte of the file is told of."""
    code, result = inspect(stream, capsys)
    assert code == 0
    kinds = {field["path"].split(".")[1] for field in result["fields"] if "." in field["path"]}
    assert {"header", "structure", "group", "model_end", "end"} <= kinds
    told = bytearray(stream.stat().st_size)
    for field in result["fields"]:
        if field["inflated"] is None:
            told[field["start"] : field["stop"]] = b"\x01" * (field["stop"] - field["start"])
    assert told.count(0) == 0


@pytest.mark.parametrize("keep", [0, 5, 100, 2000])
def test_a_truncated_stream_is_shown_as_far_as_it_goes(
    stream: Path, keep: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was read before the end is there, then the error, as tree and as object."""
    stream.write_bytes(stream.read_bytes()[:keep])
    code, result = inspect(stream, capsys)
    assert (code, result["ok"], result["kind"]) == (1, False, "truncated")
    assert bool(result["fields"]) == (keep >= 12)
    assert cli.main(["inspect", str(stream)]) == 1
    shown = capsys.readouterr()
    assert bool(shown.out) == (keep >= 12)
    assert shown.err.startswith("dombit: truncated: ")


@pytest.mark.parametrize("name", ["inspect", "bench"])
def test_launchers_run_from_anywhere(name: str, tmp_path: Path) -> None:
    """tools/inspect and tools/bench work without an installed package."""
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": search}
    command = [str(ROOT / "tools" / name), "--help"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert f"dombit {name}" in done.stdout


def test_no_tool_shadows_the_standard_library() -> None:
    """Nothing in tools/ can be imported instead of a module of Python."""
    importable = {path.stem for path in (ROOT / "tools").iterdir() if path.suffix == ".py"}
    packages = {path.parent.name for path in (ROOT / "tools").glob("*/__init__.py")}
    assert not (importable | packages) & set(sys.stdlib_module_names)
