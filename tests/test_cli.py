"""The command line: one way in, typed ways out, nothing that a terminal would obey."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dombit import api, cli, terminal
from dombit.errors import (
    BadSource,
    DombitError,
    IoFailure,
    MissingExtra,
    RootMissing,
    UsageError,
)

Captured = pytest.CaptureFixture[str]


def run(*words: object) -> int:
    """Run a command line in this process."""
    return cli.main([str(word) for word in words])


def run_json(capsys: Captured, *words: object) -> tuple[int, dict[str, Any]]:
    """Run with --json and return the exit code and the one object on standard output."""
    capsys.readouterr()
    code = run(*words, "--json")
    lines = capsys.readouterr().out.strip()
    result: dict[str, Any] = json.loads(lines)
    return code, result


@pytest.fixture
def stream(tmp_path: Path, demo_model: Path) -> Path:
    """Give a lossless stream of the small model."""
    path = tmp_path / "model.dombit"
    assert run("encode", demo_model, "-o", path) == 0
    return path


# ------------------------------------------------------------------------------ there and back


def test_a_model_comes_back(tmp_path: Path, demo_model: Path, stream: Path) -> None:
    """Encode and decode without options give the same file, byte for byte."""
    assert run("decode", stream, "-o", tmp_path / "back.onnx") == 0
    assert (tmp_path / "back.onnx").read_bytes() == demo_model.read_bytes()
    assert run("verify", stream) == 0


def test_json_reports_what_the_issue_lists(
    tmp_path: Path, demo_model: Path, capsys: Captured
) -> None:
    """Encode, decode and verify print one object with the final names."""
    stream = tmp_path / "m.dombit"
    code, encoded = run_json(capsys, "encode", demo_model, "-o", stream, "--snr", "25")
    assert code == 0
    names = {"bytes", "weights", "bits_per_weight", "snr_db", "seconds", "model_digest", "ok"}
    names |= {"step", "notes"}
    assert names <= encoded.keys()
    assert encoded["bytes"] == stream.stat().st_size
    code, decoded = run_json(capsys, "decode", stream, "-o", tmp_path / "back.onnx")
    assert (code, decoded["ok"]) == (0, True)
    code, verified = run_json(capsys, "verify", stream)
    assert (code, verified["ok"]) == (0, True)
    assert encoded["model_digest"] == decoded["model_digest"] == verified["model_digest"]
    assert {"seconds", "model_digest", "ok"} <= verified.keys()


def test_the_step_that_was_used_is_shown(
    tmp_path: Path, demo_model: Path, capsys: Captured
) -> None:
    """What is printed of a lossy stream names its step; no larger one than was asked for."""
    assert run("encode", demo_model, "-o", tmp_path / "m.dombit", "--step", "0.01") == 0
    shown = float(capsys.readouterr().out.partition("with steps of ")[2].partition(",")[0])
    assert 0.00999 < shown <= 0.01


def test_an_existing_output_needs_force(tmp_path: Path, demo_model: Path, stream: Path) -> None:
    """A second run without --force is refused and changes nothing."""
    before = stream.read_bytes()
    assert run("encode", demo_model, "-o", stream, "--snr", "20") == 4
    assert stream.read_bytes() == before
    assert run("encode", demo_model, "-o", stream, "--snr", "20", "--force") == 0
    assert {path.name for path in tmp_path.iterdir()} == {stream.name}


def test_options_reach_the_encoder(
    tmp_path: Path, demo_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every option of encode arrives under its name in Python."""
    seen: dict[str, Any] = {}

    def encode(*_: Path, **options: Any) -> None:
        seen.update(options)
        raise IoFailure("seen")

    monkeypatch.setattr(api, "encode", encode)
    words = ("encode", demo_model, "-o", tmp_path / "out", "--all", "--level", "2", "--force")
    for option, value in (("snr", 30.0), ("bits", 3.5), ("step", 1e-3)):
        assert run(*words, f"--{option}", value) == 4
        rates = {"snr": None, "bits": None, "step": None, option: value}
        assert seen.items() >= {**rates, "all": True, "level": 2, "force": True}.items()


# ----------------------------------------------------------------------------------- exit codes

FAILURES = [
    (DombitError("malformed", "R-CON-001", "m", stage="container", at=7), 1, "malformed"),
    (DombitError("integrity", "R-CON-001", "m", stage="identity"), 1, "integrity"),
    (DombitError("unsupported", "R-CON-001", "m", stage="container"), 3, "unsupported"),
    (BadSource("m"), 1, "bad-source"),
    (UsageError("m"), 2, "usage"),
    (RootMissing("m"), 4, "root-missing"),
    (IoFailure("m"), 4, "io"),
    (MissingExtra("m", hint="pip install 'dombit[torch]'"), 4, "missing-extra"),
    (MemoryError(), 4, "io"),
    (OSError("m"), 4, "io"),
    (KeyboardInterrupt(), 130, "interrupted"),
    (ZeroDivisionError("m"), 70, "crash"),
]


@pytest.mark.parametrize(("error", "code", "kind"), FAILURES)
def test_every_error_is_one_line_and_one_object(
    error: BaseException, code: int, kind: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code, a line on standard error that begins with the kind, an object with --json."""

    def verify(*_: Path, **__: Any) -> None:
        raise error

    monkeypatch.setattr(api, "verify", verify)
    assert run("verify", "x") == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"dombit: {kind}: ")
    assert shown.err.count("\n") == 1
    got, result = run_json(capsys, "verify", "x")
    assert (got, result["ok"], result["kind"], result["exit_code"]) == (code, False, kind, code)
    assert {"rule", "stage", "at", "message"} <= result.keys()


def test_an_error_in_a_stream_says_where(capsys: Captured, tmp_path: Path) -> None:
    """A file that is no stream is refused with rule, stage and place, and nothing is written."""
    path = tmp_path / "text.dombit"
    path.write_text("This is no stream, but it is long enough to be read as one.")
    code, result = run_json(capsys, "decode", path, "-o", tmp_path / "out.onnx")
    assert code == 1
    assert (result["kind"], result["stage"], result["at"]) == ("not-dombit", "container", 0)
    assert result["rule"].startswith("R-CON-")
    assert {item.name for item in tmp_path.iterdir()} == {path.name}


USAGE = [
    (),
    ("nothing",),
    ("encode", "a"),
    ("encode", "a", "-o", "b", "--snr", "20", "--bits", "3"),
    ("encode", "a", "-o", "b", "--snr", "nan"),
    ("encode", "a", "-o", "b", "--bits", "-3"),
    ("encode", "a", "-o", "b", "--step", "0"),
    ("encode", "a", "-o", "b", "--level", "3"),
    ("encode", "a", "-o", "b", "--all"),
    ("decode", "a", "-o", "b", "--output-limit", "many"),
    ("verify", "a", "b"),
]


@pytest.mark.parametrize("words", USAGE)
def test_usage_errors_are_code_2(words: tuple[str, ...], capsys: Captured) -> None:
    """Wrong words give one line and point to the help; with --json one object."""
    assert run(*words) == 2
    assert capsys.readouterr().err.startswith("dombit: usage: ")
    code, result = run_json(capsys, *words)
    assert (code, result["kind"]) == (2, "usage")


def test_missing_files_are_code_4(tmp_path: Path, capsys: Captured) -> None:
    """A source or a stream that is not there is the environment's fault."""
    for words in (
        ("encode", tmp_path / "no.onnx", "-o", tmp_path / "x"),
        ("verify", tmp_path / "no"),
    ):
        code, result = run_json(capsys, *words)
        assert (code, result["kind"]) == (4, "io")
        assert "no such file" in result["message"]


def test_a_limit_names_its_option(capsys: Captured, stream: Path) -> None:
    """A stream beyond the caller's limit is refused, and the option that raises it is named."""
    code, result = run_json(capsys, "verify", stream, "--output-limit", "2kB")
    assert (code, result["kind"]) == (1, "limit-exceeded")
    assert "--output-limit" in f"{result['message']} {result['hint']}"
    assert run("verify", stream, "--output-limit", "1GiB") == 0


# ------------------------------------------------------------------------------------- terminal


def test_text_from_outside_cannot_drive_a_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control characters, direction marks and line ends in an error are shown, not obeyed."""

    def verify(*_: Path, **__: Any) -> None:
        raise BadSource("\x1b[2J\r\n\u202eevil\u2028\x9b\udcff")

    monkeypatch.setattr(api, "verify", verify)
    assert run("verify", "x") == 1
    expected = "dombit: bad-source: \\x1b[2J\\x0d\\x0a\\u202eevil\\u2028\\x9b\\udcff\n"
    assert capsys.readouterr().err == expected


def test_escape_keeps_words_of_every_language() -> None:
    """Letters of any script stay as they are."""
    assert terminal.escape("é 模型 модель 🙂") == "é 模型 модель 🙂"


def test_numbers_that_json_does_not_know_become_null(capsys: Captured) -> None:
    """An infinite ratio is null in the object."""
    terminal.show_json({"snr_db": float("inf"), "list": [float("nan"), 1.5]})
    assert json.loads(capsys.readouterr().out) == {"snr_db": None, "list": [None, 1.5]}


def test_help_of_every_command(capsys: Captured) -> None:
    """--help works everywhere, is code 0, and the whole one lists all commands."""
    names = [name for name, _ in cli.subcommands()]
    assert {"encode", "decode", "verify", "inspect", "demo"} <= set(names)
    for words in ((), *((name,) for name in names)):
        with pytest.raises(SystemExit) as caught:
            run(*words, "--help")
        assert caught.value.code == 0
        shown = capsys.readouterr().out
        assert all(name in shown for name in words or names)


def process(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    command = [sys.executable, "-m", "dombit", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, **options
    )


def test_a_process_ends_with_the_code_and_no_traceback(tmp_path: Path) -> None:
    """The exit code arrives at the shell."""
    done = process("verify", tmp_path / "no")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_is_no_accident(stream: Path) -> None:
    """`dombit inspect | head` prints no traceback when the pipe closes."""
    command = [sys.executable, "-m", "dombit", "inspect", str(stream)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, **pipes) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""


def test_a_bar_is_drawn_on_a_terminal_only(capsys: Captured) -> None:
    """Where standard error is no terminal, progress is silent."""
    with terminal.progress_bar() as progress:
        progress("encoding", 1, 2)
    assert capsys.readouterr() == ("", "")


# ----------------------------------------------------------------------------------------- demo


def test_the_demo_shows_three_ways(capsys: Captured) -> None:
    """Lossless comes back byte for byte; with loss the stream is smaller, the outputs close."""
    code, result = run_json(capsys, "demo")
    assert code == 0
    exact, fine, coarse = result["trips"]
    assert exact["file_equal"]
    assert exact["bytes"] < result["size"]
    assert exact["bytes"] > fine["bytes"] > coarse["bytes"]
    assert len({trip["model_digest"] for trip in result["trips"]}) == 3
    if exact["output_difference"] is not None:
        assert exact["output_difference"] == 0
        assert 0 < fine["output_difference"] < coarse["output_difference"]
        assert 0 < fine["output_error"] < 0.02


def test_the_demo_prints_a_table(capsys: Captured) -> None:
    """For people it is a table with a line for each rate."""
    assert run("demo") == 0
    shown = capsys.readouterr().out
    for words in ("nmp.onnx", "lossless", "--snr 50", "--snr 30", "byte for byte"):
        assert words in shown
