"""The inspector: golden transcripts, and what they cannot show."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit import api, cli
from dombit.errors import DombitError
from dombit.events import DigestRead, Event, FaultFound, SpanRead, UnitRead
from dombit.scan import scan
from dombit.trace import FieldRead
from dombit_tools.inspect.cli import EXAMPLES
from dombit_tools.inspect.objects import as_object, safe_json
from dombit_tools.inspect.paths import PathFilter
from dombit_tools.inspect.rules import clause, rule_text, rules
from dombit_tools.inspect.survey import RAW, SIDES, TAIL, Survey
from dombit_tools.inspect.tree import TreeWriter

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "conformance" / "vectors"
HOSTILE = {
    "plain\u202egnp.exe": np.zeros(3, np.float32),
    "</script><b>&\u200b": np.arange(4, dtype=np.uint8),
}
"""Tensors whose names turn the direction of text, hide, or end a script in a page."""
METADATA = {"note": "\x1b]0;owned\x07\x1b[31mred\x9b31m", "line": "a\r\nb\u2028c"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that transcripts name files and no places."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def copy(name: str, target: Path) -> bytes:
    """Copy a vector and return its bytes."""
    data = (VECTORS / name).read_bytes()
    target.write_bytes(data)
    return data


# ------------------------------------------------------------------------------ golden transcripts


def test_the_worked_example(here: Path, transcript: Any) -> None:
    """Summary, tree, hexadecimal, one byte, one tensor, one path: of the stream of chapter 22."""
    copy("example/worked.dombit", here / "worked.dombit")
    transcript(
        "worked",
        "inspect worked.dombit",
        "inspect worked.dombit --verify",
        "inspect worked.dombit --tree --depth 1",
        "inspect worked.dombit --tree --rules",
        "inspect worked.dombit --hex --path units[4]",
        "inspect worked.dombit --path 'units[*].group.columns.tables'",
        "inspect worked.dombit --at 0x170",
        "inspect worked.dombit --at 440",
        "inspect worked.dombit --tensor w",
        "inspect worked.dombit --tensor b",
        "inspect worked.dombit --json",
        "inspect worked.dombit --at 0x1b --json",
        "inspect worked.dombit --tensor b --json",
        "inspect worked.dombit --path units[7].end --json",
    )


def test_usage(here: Path, transcript: Any) -> None:
    """What is asked for and not there is a usage error that helps."""
    copy("example/worked.dombit", here / "worked.dombit")
    transcript(
        "usage",
        "inspect worked.dombit --at 692",
        "inspect worked.dombit --at -1",
        "inspect worked.dombit --at here",
        "inspect worked.dombit --depth 0",
        "inspect worked.dombit --tensor weight",
        "inspect worked.dombit --path units[99]",
        "inspect worked.dombit --tree --at 3",
        "inspect worked.dombit --tensor w --hex",
        "inspect missing.dombit",
        "inspect missing.dombit --tree --json",
    )


def test_lossy_streams(here: Path, transcript: Any) -> None:
    """Uniform tensors with steps along an axis, and floats with zero low bits row by row."""
    copy("uniform/f32_axis.dombit", here / "axis.dombit")
    copy("uniform/classes3.dombit", here / "classes.dombit")
    copy("floats/low_zero_rows.dombit", here / "floats.dombit")
    transcript(
        "lossy",
        "inspect axis.dombit",
        "inspect axis.dombit --path units[*].tensors",
        "inspect classes.dombit --path units[*].tensors",
        "inspect floats.dombit",
        "inspect floats.dombit --path units[*].tensors",
    )


def test_packed_streams_and_what_they_inherit(here: Path, transcript: Any) -> None:
    """Short units, deflated or not, with the root and without, whole and damaged."""
    copy("inherit/packed.dombit", here / "small.dombit")
    copy("packed/dom.dombit", here / "dom.dombit")
    copy("packed/short_cut.dombit", here / "cut.dombit")
    copy("patch/coded.dombit", here / "patch.dombit")
    copy("inherit/root_files.dombit", here / "root.dombit")
    transcript(
        "packed",
        "inspect small.dombit",
        "inspect small.dombit --root root.dombit --verify",
        "inspect small.dombit --root small.dombit --tree",
        "inspect small.dombit --at 40",
        "inspect dom.dombit --tree --depth 2",
        "inspect cut.dombit --tree --depth 1",
        "inspect patch.dombit --path units[*].skeleton_patch",
    )


def test_a_damaged_stream(here: Path, transcript: Any) -> None:
    """A fault in a payload, in a header, in a deflated structure, in a symbol; lost bytes."""
    data = bytearray(copy("example/worked.dombit", here / "worked.dombit"))
    data[250] ^= 0x40
    (here / "payload.dombit").write_bytes(data)
    (here / "lost.dombit").write_bytes(bytes(data[:300] + data[313:]))
    (here / "cut.dombit").write_bytes(bytes(data[:430]))
    (here / "other.dombit").write_bytes(b"PK\x03\x04 no stream at all")
    (here / "empty.dombit").write_bytes(b"")
    copy("container/header_crc.dombit", here / "header.dombit")
    copy("container/deflate_cut.dombit", here / "deflate.dombit")
    copy("segment/end_state.dombit", here / "symbol.dombit")
    copy("container/unknown_critical.dombit", here / "unknown.dombit")
    transcript(
        "damaged",
        "inspect payload.dombit",
        "inspect payload.dombit --tree --depth 2",
        "inspect payload.dombit --at 250",
        "inspect payload.dombit --tensor w",
        "inspect payload.dombit --json",
        "inspect lost.dombit --tree --depth 1",
        "inspect cut.dombit --tree --depth 1",
        "inspect header.dombit --tree --depth 1",
        "inspect header.dombit --at 400",
        "inspect header.dombit --at 420",
        "inspect deflate.dombit",
        "inspect deflate.dombit --path units[8] --depth 3",
        "inspect symbol.dombit --tree --depth 1",
        "inspect symbol.dombit --tree --depth 1 --verify",
        "inspect unknown.dombit --tree --depth 1",
        "inspect other.dombit",
        "inspect other.dombit --tree",
        "inspect empty.dombit",
    )


def test_text_that_would_drive_a_terminal(here: Path, transcript: Any) -> None:
    """Names and metadata with escape sequences, in every view."""
    dombit.encode(HOSTILE, "hostile.dombit", metadata=METADATA, deflate=False)
    transcript(
        "hostile",
        "inspect hostile.dombit --path units[1].tensors",
        "inspect hostile.dombit --path units[*].metadata.columns",
        "inspect hostile.dombit --path units[1].structure.columns.name_text --hex",
        "inspect hostile.dombit --path units[1].tensors --json",
        "inspect hostile.dombit --tensor 'x\x1b[2J'",
        "inspect hostile.dombit --path '\x1b[2J'",
    )


# ------------------------------------------------------------------------------- safe for all eyes


@pytest.mark.parametrize(
    "view", ["", "--tree", "--hex", "--json", "--tree --json", "--at 100", "--tensor b"]
)
def test_nothing_that_is_shown_drives_a_terminal(
    here: Path, view: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only printable characters and newlines, and no tags in JSON, on standard output and error."""
    for deflate in (False, True):
        dombit.encode(
            {**HOSTILE, "b": np.ones(2, np.float32)}, "hostile.dombit",
            metadata=METADATA, deflate=deflate, force=True,
        )  # fmt: skip
        data = Path("hostile.dombit").read_bytes().replace(b"exe", b"\x1b[A")
        Path("broken.dombit").write_bytes(data)
        for name in ("hostile.dombit", "broken.dombit"):
            cli.main(["inspect", name, *view.split()])
            shown = capsys.readouterr()
            text = shown.out + shown.err
            assert text
            assert [c for c in set(text) if not c.isprintable() and c != "\n"] == []
            if "--json" in view:
                assert not set("<>&") & set(shown.out)
                json.loads(shown.out)


def test_json_is_ascii_that_no_page_takes_for_a_tag() -> None:
    """All control characters and the characters of tags are escaped, and come back."""
    value = {"text": "".join(map(chr, range(256))) + "\u202e\u2028</script>"}
    text = safe_json(value)
    assert text.isascii()
    assert text.isprintable()
    assert not set("<>&") & set(text)
    assert json.loads(text) == value


# ---------------------------------------------------------------------------------------- numbers


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a stream of the small real model."""
    path = tmp_path_factory.mktemp("inspect") / "model.dombit"
    api.encode(ROOT / "reference" / "dombit" / "data" / "nmp.onnx", path)
    return path


def survey_of(stream: Path, *, verify: bool = False) -> Survey:
    """Return the survey of a stream."""
    survey = Survey()
    scan(stream, survey.take, verify=verify)
    survey.finish()
    return survey


@pytest.mark.parametrize("verify", [False, True])
def test_parts_sum_up_to_the_stream(stream: Path, verify: bool) -> None:
    """Every byte is counted once, in streams of all vectors too, and codings cover the groups."""
    survey = survey_of(stream, verify=verify)
    assert sum(survey.parts.values()) == survey.bytes == stream.stat().st_size
    assert min(survey.parts.values()) >= 0
    for path in sorted(VECTORS.rglob("*.dombit")):
        found = survey_of(path, verify=verify)
        if not found.faults:
            assert sum(found.parts.values()) == found.bytes == path.stat().st_size, path.name


def test_a_summary_agrees_with_the_encoder(
    stream: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights, rate, tensors and digest are those of the encoder's report."""
    report = api.encode(
        ROOT / "reference" / "dombit" / "data" / "nmp.onnx", tmp_path / "again.dombit"
    )
    assert cli.main(["inspect", str(stream), "--json", "--verify"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["bytes"], found["weights"]) == (report.bytes, report.weights)
    assert found["bits_per_weight"] == pytest.approx(report.bits_per_weight)
    assert (found["model_digest"], found["verified"]) == (report.model_digest, True)
    assert sum(row["bytes"] for row in found["codings"]) < report.bytes
    with dombit.open(stream) as opened:
        assert found["tensors"] == len(opened.keys())


def test_fields_told_late_are_counted_once() -> None:
    """Raw fields and side bits, told when symbols are decoded, are moved out of the tail."""
    survey = Survey()
    for number in range(2):
        start = 100 * number
        survey.take(
            UnitRead(
                number=number, name="segment", start=start, stop=start + 100,
                payload_start=start + 12, payload_stop=start + 96, deflated=False,
            )
        )  # fmt: skip
        path = f"units[{number}].segment"
        survey.take(
            FieldRead(path=f"{path}.kind", start=start + 12, stop=start + 13, symbol="dense")
        )
        survey.take(FieldRead(path=f"{path}.words", start=start + 13, stop=start + 20))
        survey.take(FieldRead(path=f"{path}.tail", start=start + 20, stop=start + 96))
    survey.take(FieldRead(path="units[0].segment.raw_fields", start=20, stop=70))
    survey.take(FieldRead(path="units[0].segment.side_bits", start=70, stop=96))
    survey.take(FieldRead(path="units[0].segment.side_bits_pad", start=95, stop=96, bit=(5, 8)))
    survey.finish()
    assert (survey.parts[RAW], survey.parts[SIDES], survey.parts[TAIL]) == (50, 26, 76)
    assert sum(survey.parts.values()) == survey.bytes == 200


def test_a_tree_says_that_fields_come_late() -> None:
    """A heading of an earlier unit is told apart from the first one."""
    lines: list[str] = []
    tree = TreeWriter(lines.append)
    for number in range(2):
        tree.take(
            UnitRead(
                number=number, name="segment", start=0, stop=9, payload_start=0, payload_stop=5,
                deflated=False,
            )
        )  # fmt: skip
        tree.take(FieldRead(path=f"units[{number}].flags", start=2, stop=3, bit=(0, 2), value=1))
    tree.take(FieldRead(path="units[0].segment.raw_fields", start=4, stop=5, value=7))
    assert lines == [
        "units[0] segment: bytes 0 to 9 (9)",
        "    2:0..1    flags = 1",
        "units[1] segment: bytes 0 to 9 (9)",
        "    2:0..1    flags = 1",
        "units[0], told when its symbols were decoded",
        "              segment",
        "         4      raw_fields = 7",
    ]


@pytest.mark.parametrize(
    ("pattern", "path", "wanted"),
    [
        ("units[3]", "units[3].segment.kind", True),
        ("units[3]", "units[30].segment.kind", False),
        ("units[*].segment", "units[30].segment.kind", True),
        ("units[*].seg", "units[30].segment.kind", False),
        ("units[*].*.directory[*].size", "units[1].group.directory[12].size", True),
        ("*.signature", "stream.signature", True),
        ("units[*]", "stream.signature", False),
        ("units.group.directory.size", "units[1].group.directory[12].size", True),
        ("units.3", "units[3].kind", False),
    ],
)
def test_paths_name_whole_components(pattern: str, path: str, wanted: bool) -> None:
    """A star stands for anything inside one component; brackets are no pattern."""
    assert PathFilter(pattern).wants(FieldRead(path=path, start=0, stop=1)) is wanted


def test_tensors_have_paths_as_well() -> None:
    """What a unit says of a tensor is named by both."""
    digest = DigestRead(unit=6, number=12, digest=b"")
    assert PathFilter("units[*].tensors[12]").wants(digest)
    assert PathFilter("units.tensors").wants(digest)
    assert PathFilter("units[6]").wants(digest)
    assert not PathFilter("units[*].tensors[1]").wants(digest)
    assert not PathFilter("units.structure").wants(digest)


def test_every_field_of_a_stream_has_a_clause(stream: Path) -> None:
    """A rule of the text, or the chapter of the payload."""
    clauses = set()
    scan(
        stream,
        lambda event: (
            clauses.add(clause(event.rule, event.path)) if isinstance(event, FieldRead) else None
        ),
    )
    assert all(re.match(r"R-[A-Z]{3}-\d{3} \(\d+|chapter \d+$", text) for text in clauses)
    assert len(rules()) > 200
    assert rule_text("R-XXX-999") == "R-XXX-999"


def test_one_byte_is_found_wherever_it_is(stream: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fields of --at are those of the tree that cover the byte."""
    fields: list[FieldRead] = []
    scan(stream, lambda event: fields.append(event) if isinstance(event, FieldRead) else None)
    for offset in (0, 11, 12, 500, 5_000, 100_000, stream.stat().st_size - 1):
        assert cli.main(["inspect", str(stream), "--at", hex(offset), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        covering = [f for f in fields if f.inflated is None and f.start <= offset < f.stop]
        assert len(covering) == 1
        assert [each["path"] for each in found["fields"]] == [covering[0].path]


def test_the_units_of_a_tensor_hold_it(stream: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Symbols of the dense segments that are named sum up to those of the tensor."""
    spans: list[SpanRead] = []
    scan(stream, lambda event: spans.append(event) if isinstance(event, SpanRead) else None)
    with dombit.open(stream) as opened:
        names = opened.keys()
    coded = 0
    for name in names[:20]:
        assert cli.main(["inspect", str(stream), "--tensor", name, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        for group in found["groups"]:
            if group["span"]["coding"] in {"float", "int", "uniform"}:
                coded += 1
                assert sum(unit["symbols"] for unit in group["units"]) == group["span"]["count"]
    assert coded


def test_an_alias_leads_to_its_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tied tensor of a checkpoint."""
    torch = pytest.importorskip("torch")
    weight = torch.ones(3, 4)
    torch.save({"a": weight, "b": weight.t()}, "tied.pt")
    dombit.encode("tied.pt", "tied.dombit")
    assert cli.main(["inspect", "tied.dombit"]) == 0
    assert cli.main(["inspect", "tied.dombit", "--tensor", "b"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"an alias of tensors\[\d\]", shown)
    assert "its data is that of tensors[" in shown
    assert "coding constant" in shown


def test_events_are_objects_with_a_word(stream: Path) -> None:
    """Each kind of event has a word of its own; a fault has what an error has."""
    words: dict[type, set[str]] = {}

    def take(event: Event) -> None:
        words.setdefault(type(event), set()).add(as_object(event)["event"])

    scan(stream, take)
    take(FaultFound(error=DombitError("malformed", "R-CON-001", "m", stage="container")))
    assert len(words) == len(set.union(*words.values())) >= 5


def test_an_object_that_fails_on_the_way_is_whole(
    stream: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk fails in the middle of --tree --json: one object, exit code 4."""

    def failing(_stream: object, tell: Any, **_: object) -> None:
        tell(FieldRead(path="stream.signature", start=0, stop=12))
        raise OSError("disk on fire")

    monkeypatch.setattr("dombit_tools.inspect.cli.scan", failing)
    assert cli.main(["inspect", str(stream), "--tree", "--json"]) == 4
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["ok"], found["kind"], len(found["events"])) == (False, "io", 1)
    assert "disk on fire" in shown.err


def test_the_examples_of_the_help_are_command_lines() -> None:
    """Each line of the help's examples is one that the parser takes."""
    lines = [
        line.partition("  # ")[0] for line in EXAMPLES.splitlines() if "dombit inspect" in line
    ]
    assert len(lines) >= 6
    for line in lines:
        words = shlex.split(re.split(r" {3,}|\|", line.strip())[0])
        assert cli.build_parser().parse_args(words[1:]).run


def test_unsupported_is_exit_code_3(here: Path) -> None:
    """As everywhere."""
    copy("container/unknown_critical.dombit", here / "unknown.dombit")
    for view in ([], ["--tree"], ["--at", "3"], ["--tensor", "w"], ["--json"]):
        assert cli.main(["inspect", "unknown.dombit", *view]) == 3


def test_a_summary_decodes_nothing(stream: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only --verify reaches the decoder."""
    calls: list[object] = []

    def decode(*arguments: object, **_: object) -> None:
        calls.append(arguments)
        raise DombitError("malformed", "R-CON-001", "told", stage="container")

    monkeypatch.setattr("dombit.scan.decode_units", decode)
    for view in ([], ["--tree"], ["--at", "3"]):
        assert cli.main(["inspect", str(stream), *view]) == 0
    assert not calls
    assert cli.main(["inspect", str(stream), "--verify"]) == 1
    assert len(calls) == 1


# -------------------------------------------------------------------------------------- launchers


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
