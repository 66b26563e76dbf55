"""The runner catches decoders that lie, and does not run what it should not."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
import time
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conformance.run import Claims, Outcome, judge, load_manifest

from conformance import run

SUITE = Path(__file__).parents[2] / "conformance"
LIAR = Path(__file__).with_name("liar.py")
BY_ID = {row["id"]: row for row in load_manifest(SUITE)[1]}
VALID, FILES = "example/worked", "skeleton/safetensors"
REJECT, UNSUPPORTED = "container/column_count", "container/column_flag"
Captured = pytest.CaptureFixture[str]
Report = dict[str, Any]


def small_suite(place: Path, ids: tuple[str, ...], **changes: Any) -> Path:
    """Return a suite of a few vectors; `changes` go into every row."""
    manifest = json.loads((SUITE / "manifest.json").read_text())
    manifest["vectors"] = [{**r, **changes} for r in manifest["vectors"] if r["id"] in ids]
    for row in manifest["vectors"]:
        target = place / "vectors" / f"{row['id']}.dombit"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SUITE / "vectors" / f"{row['id']}.dombit", target)
    (place / "manifest.json").write_text(json.dumps(manifest))
    return place


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a suite of four vectors: valid, with source files, rejected, unsupported."""
    return small_suite(tmp_path_factory.mktemp("suite"), (VALID, FILES, REJECT, UNSUPPORTED))


def start(suite: Path, lie: str, *options: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Run a liar; return the exit status and (status, reason) by id."""
    report = suite / f"{lie}.json"
    report.unlink(missing_ok=True)
    words = ["--suite", str(suite), "--json", str(report), "--name", lie, *options]
    code = run.main([*words, "--", sys.executable, str(LIAR), lie])
    results = json.loads(report.read_text())["results"] if report.exists() else []
    return code, {one["id"]: (one["status"], one["reason"]) for one in results}


def test_an_honest_decoder_passes(few: Path, capsys: Captured) -> None:
    """What the liars distort is right, even strictly; else no lie below would be caught."""
    code, results = start(few, "honest", "--strict")
    assert code == 0
    assert {status for status, _ in results.values()} == {"pass"}
    assert "4 vectors" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lie", "vector", "status", "reason"),
    [
        ("always_0", REJECT, "fail", "decoded (exit 0) what must be rejected as malformed"),
        ("always_0", VALID, "fail", "tensor ['b', 'w'] is missing"),
        ("always_1", VALID, "fail", "rejected (exit 1) what must be decoded"),
        ("always_1", UNSUPPORTED, "fail", "rejected (exit 1) what must be unsupported"),
        ("always_3", VALID, "fail", "unsupported (exit 3) what must be decoded"),
        ("usage", VALID, "crash", "exit status 2"),
        ("crash", REJECT, "crash", "signal SIGABRT"),
        ("flood", VALID, "output", "wrote"),
        ("wrong_bytes", VALID, "fail", "tensor 'w': digest"),
        ("wrong_digest", VALID, "fail", "the line says 000"),
        ("wrong_model_digest", VALID, "fail", "model digest ['000"),
        ("wrong_source", FILES, "fail", "source files are not the right ones"),
        ("wrong_file_digest", FILES, "fail", "file 'model.safetensors': sha256 000"),
        ("wrong_file_size", FILES, "fail", "file 'model.safetensors': size 9, not 156"),
        ("text_file_size", FILES, "fail", "file 'model.safetensors': size 9, not 156"),
        ("wrong_file_name", FILES, "fail", "file 'other.safetensors' is none of the skeleton"),
        ("nameless_file", FILES, "fail", "file 'None' is none of the skeleton"),
        ("file_twice", FILES, "fail", "file 'model.safetensors' comes twice"),
        ("wrong_words", VALID, "fail", "segment 0: words 99, not 0"),
        ("missing_tensor", VALID, "fail", "tensor ['w'] is missing"),
        ("missing_file", VALID, "fail", "'0000.raw' is no file in the folder"),
        ("extra_tensor", VALID, "fail", "tensor ['more'] is not in the stream"),
        ("twice", VALID, "fail", "'0000.raw' belongs to two lines"),
        ("one_file_for_two", VALID, "fail", "'0000.raw' belongs to two lines"),
        ("stray_file", VALID, "fail", "['notes.txt'] in the folder, which no line names"),
        ("outside", VALID, "fail", "'../stdout' is no file in the folder"),
        ("wrong_dtype", VALID, "fail", "tensor 'w': dtype bf16, not f32"),
        ("wrong_shape", VALID, "fail", "tensor 'w': shape [6], not [2, 3]"),
        ("float_shape", VALID, "fail", "no shape of whole numbers"),
        ("nameless", VALID, "fail", "no name"),
        ("swap_1_and_3", REJECT, "fail", "unsupported (exit 3) what must be rejected"),
        ("swap_1_and_3", UNSUPPORTED, "fail", "rejected (exit 1) what must be unsupported"),
        ("half_written", REJECT, "fail", "left ['0000.raw'] behind: half-written"),
        ("wrong_kind", REJECT, "fail", "kind 'integrity' instead of 'malformed'"),
        ("wrong_stage", REJECT, "fail", "stage 'identity' instead of 'structure'"),
        ("chatty", REJECT, "fail", "printed 2 lines; one is allowed"),
        ("junk", REJECT, "fail", "no JSON object: 'Segmentation fault'"),
        ("list", VALID, "fail", "no JSON object: '[1, 2]'"),
        ("folder", REJECT, "fail", "left ['sub'] behind"),
    ],
)
def test_a_lie_is_caught(few: Path, lie: str, vector: str, status: str, reason: str) -> None:
    """Each lie fails for the reason that it is made for."""
    code, results = start(few, lie, "--only", vector)
    assert code == 1
    assert results[vector][0] == status
    assert reason in results[vector][1]


def test_the_lines_of_files_are_wanted_only_if_asked_for(few: Path) -> None:
    """A decoder that says nothing of files passes, strictly too, and not with --files."""
    assert start(few, "no_files", "--strict")[0] == 0
    code, results = start(few, "no_files", "--files", "--only", "[es]*/*")
    assert (code, results[VALID][0]) == (1, "pass")
    assert results[FILES] == ("fail", "file ['model.safetensors'] has no line (--files)")
    assert start(few, "honest", "--strict", "--files")[0] == 0


def test_a_file_of_a_stream_without_files_is_caught() -> None:
    """Where the manifest has no files, a line of one is wrong."""
    row = {**BY_ID[VALID], "tensors": []}
    line = json.dumps({"file": "x", "size": 0, "sha256": "0" * 64})
    assert "file 'x' is none" in judge(row, Outcome(0, line), Claims()).reason


def test_hanging_is_caught_and_children_are_ended(few: Path, tmp_path: Path) -> None:
    """A decoder that hangs is ended in time, with all that it started."""
    child = tmp_path / "pid"
    os.environ["LIAR_CHILD"] = str(child)
    begin = time.monotonic()
    code, results = start(few, "hang", "--only", VALID, "--timeout", "2")
    assert (code, results[VALID]) == (1, ("timeout", "still running after 2 s"))
    assert time.monotonic() - begin < 20
    assert ends(Path("/proc", child.read_text(), "stat"))


def ends(stat: Path) -> bool:
    """Whether a process that was killed is gone, or soon is: the kernel may take a moment."""
    for _ in range(100):
        with contextlib.suppress(OSError):  # it may go between two looks
            if stat.exists() and stat.read_text().split()[2] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is watched on Linux")
def test_eating_memory_is_caught(few: Path) -> None:
    """Memory counts with that of children, and a right answer does not help."""
    code, results = start(few, "hog", "--only", VALID, "--memory", "200")
    assert (code, results[VALID][0]) == (1, "memory")
    assert "more than 200 MiB" in results[VALID][1]


def test_strict_wants_what_is_optional(few: Path) -> None:
    """A decoder that says nothing of a refusal passes, and does not pass strictly."""
    assert start(few, "silent", "--only", REJECT)[0] == 0
    code, results = start(few, "silent", "--only", REJECT, "--strict")
    assert (code, results[REJECT]) == (1, ("fail", "says no kind of the error (strict)"))
    row = BY_ID[VALID]
    lines = [json.dumps({**t, "file": t["name"]}) for t in row["tensors"]]
    files = {t["name"]: b"" for t in row["tensors"]}
    empty = run.tensor_digest(b"")
    row = {**row, "tensors": [{**t, "digest": empty} for t in row["tensors"]]}
    lines = [json.dumps({**t, "file": t["name"]}) for t in row["tensors"]]
    outcome = Outcome(0, "\n".join(lines), files)
    assert judge(row, outcome, Claims()).status == "pass"
    assert "model digest" in judge(row, outcome, Claims(strict=True)).reason


def test_beyond_what_is_claimed() -> None:
    """Unsupported is no failure of a decoder that does not claim a level or profile."""
    row = {**BY_ID[VALID], "level": 2}
    assert judge(row, Outcome(3), Claims(level=1)).status == "skip"
    assert judge(row, Outcome(3), Claims(level=2)).status == "fail"
    assert judge(row, Outcome(1), Claims(level=1)).status == "fail"
    main = {**BY_ID[REJECT], "profile": "main"}
    assert judge(main, Outcome(3), Claims(profile="base")).status == "skip"
    assert judge(main, Outcome(1), Claims(profile="base")).status == "pass"


# ----------------------------------------------------------------------------- how it is started


def test_known_failures(few: Path, tmp_path: Path, capsys: Captured) -> None:
    """A listed failure is known; a listed pass is an error; so is a line without use."""
    known = tmp_path / "known.txt"
    known.write_text(f"# what we do not do\n{VALID} no float yet\n\n{FILES} no files yet\n")
    code, results = start(few, "always_1", "--known", str(known), "--only", "[es][xk]*/*")
    assert (code, results[VALID][0], results[FILES][0]) == (0, "known", "known")
    assert results[VALID][1].startswith("no float yet [rejected (exit 1)")
    code, results = start(few, "honest", "--known", str(known), "--only", VALID)
    assert (code, results[VALID]) == (
        1,
        ("surprise", "passes, but is a known failure: no float yet"),
    )
    for text, said in ((f"{VALID}\n", "has no reason"), ("a/b some reason\n", "is no vector")):
        known.write_text(text)
        assert start(few, "honest", "--known", str(known)) == (2, {})
        assert said in capsys.readouterr().err


def test_a_suite_that_is_not_whole_is_no_success(tmp_path: Path, capsys: Captured) -> None:
    """No manifest, no vectors, a missing or damaged file, no match: exit status 2."""
    suite = small_suite(tmp_path, (VALID, REJECT))
    stream = suite / "vectors" / f"{REJECT}.dombit"
    manifest = suite / "manifest.json"
    text = manifest.read_text()
    assert start(suite, "honest", "--only", "nothing/*") == (2, {})
    stream.write_bytes(stream.read_bytes()[:-1])
    assert start(suite, "honest") == (2, {})
    stream.unlink()
    assert start(suite, "honest") == (2, {})
    manifest.write_text(json.dumps({**json.loads(text), "vectors": []}))
    assert start(suite, "honest") == (2, {})
    manifest.unlink()
    assert start(suite, "honest") == (2, {})
    said = capsys.readouterr().err.splitlines()
    wanted = (
        "no vector is called",
        "is not the file",
        "is missing",
        "no vectors",
        "cannot be read",
    )
    assert len(said) == len(wanted)
    for line, part in zip(said, wanted, strict=True):
        assert part in line


@pytest.mark.parametrize("command", [["/no/such/decoder"], [str(LIAR)]])
def test_a_decoder_that_cannot_be_started(few: Path, command: list[str], capsys: Captured) -> None:
    """A wrong command is no verdict on any stream."""
    assert run.main(["--suite", str(few), "--", *command]) == 2
    assert "no program" in capsys.readouterr().err


def test_the_commands_of_the_readme_are_the_parser_s() -> None:
    """Every command line of the README is one that the runner or the linter takes."""
    text = (SUITE / "README.md").read_text()
    lines = re.findall(r"python conformance/run\.py ([^\n`]*)", text)
    assert len(lines) >= 3
    for line in lines:
        options = run.arguments().parse_args(line.split())
        assert options.command
    for name in re.findall(r"`--([a-z]+)", text):
        every = run.arguments().format_help() + "--check --trace --root --limit"
        assert f"--{name}" in every


def test_roots_and_limits_reach_the_decoder(tmp_path: Path) -> None:
    """Roots come in order as --root, limits as --limit; unclaimed limits are skipped."""
    changes = {"limits": {"rank": 2, "output_bytes": 36}, "roots": [FILES, VALID]}
    suite = small_suite(tmp_path, (VALID, FILES), **changes)
    echo = tmp_path / "echo.py"
    echo.write_text("import json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    words = ["--suite", str(suite), "--only", VALID, "--json", str(tmp_path / "r.json")]
    for limits, status in (
        ("all", "fail"),
        ("output_bytes", "skip"),
        ("rank,output_bytes", "fail"),
    ):
        run.main([*words, "--limits", limits, "--", sys.executable, str(echo)])
        (result,) = json.loads((tmp_path / "r.json").read_text())["results"]
        assert result["status"] == status
    caps = run.Caps(seconds=20, memory=1 << 30, stop=run.threading.Event())
    _, rows = load_manifest(suite)
    by_id = {row["id"]: row for row in rows}
    outcome = run.run_vector([sys.executable, str(echo)], suite, by_id[VALID], by_id, caps)
    given = json.loads(outcome.lines)
    files = [str(suite / by_id[name]["file"]) for name in (VALID, FILES)]
    roots = ["--root", files[1], "--root", files[0]]
    assert given[:-2] == [files[0], *roots, "--limit", "rank=2", "--limit", "output_bytes=36"]
    assert given[-2] == "-o"


# ----------------------------------------------------------------------------------- the reports


class Text(HTMLParser):
    """Collects tags and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Remember a tag, and titles as text."""
        self.tags.append(tag)
        self.text += "".join(value for key, value in attrs if key == "title")

    def handle_data(self, data: str) -> None:
        """Remember text."""
        self.text += data


def test_reports_hold_hostile_strings(few: Path, tmp_path: Path, capsys: Captured) -> None:
    """JSON, JUnit and HTML say the same, and what a decoder prints is only text in them."""
    page, junit = tmp_path / "a.html", tmp_path / "a.xml"
    start(few, "honest")
    other = json.loads((few / "honest.json").read_text())
    other["results"][0].update(status="<img>", reason='"><script>alert(1)</script>')
    (tmp_path / "other.json").write_text(json.dumps(other))
    capsys.readouterr()
    words = ["--html", str(page), "--junit", str(junit), "--with", str(tmp_path / "other.json")]
    code, results = start(few, "hostile", "--name", "<b>name", *words)
    assert code == 1
    assert "\x1b" not in capsys.readouterr().out
    assert "\\x1b[2J<script>\\x00" in results[VALID][1]
    cases = ET.parse(junit).getroot()  # noqa: S314 - our own
    assert (cases.get("tests"), cases.get("failures")) == ("4", "4")
    failures = [failure.get("message") for failure in cases.iter("failure")]
    assert f"fail: {results[VALID][1]}" in failures
    parser = Text()
    parser.feed(page.read_text())
    assert not {"script", "img", "b"} & {*parser.tags}
    assert all(part in parser.text for part in ("<b>name", "<img>", "\\x1b[2J<script>", "honest"))


def test_reasons_hold_no_control_characters() -> None:
    """What a decoder prints cannot move the cursor of who reads the report, nor fill the screen."""
    result = judge(BY_ID[VALID], Outcome(70, errors="\x1b[2J\u202e" + "x" * 99), Claims())
    assert (result.status, "\\x1b[2J\\u202ex" in result.reason) == ("crash", True)
    assert result.reason.isprintable()
    line = json.dumps({"name": "w" * 9999, "dtype": "f32", "shape": [1], "file": "x"})
    assert len(judge(BY_ID[VALID], Outcome(0, line, {"x": b""}), Claims()).reason) <= 400


def test_a_report_that_is_none_is_refused(few: Path, tmp_path: Path) -> None:
    """--with takes only reports."""
    for text in ("{", "{}", '{"results": [1], "name": "x", "counts": {}}', "[]"):
        (tmp_path / "x.json").write_text(text)
        assert start(few, "honest", "--with", str(tmp_path / "x.json")) == (2, {})
