"""Golden transcripts: a command line and all that it prints, compared with a file."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from dombit import cli
from dombit.terminal import escape

GOLDEN = Path(__file__).with_name("golden")
Transcript = Callable[..., None]


@pytest.fixture
def transcript(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Transcript:
    """Give a function that runs command lines in turn and compares all output with golden/NAME.txt.

    With --update-golden it writes the file instead.
    """

    def compare(name: str, *lines: str) -> None:
        capsys.readouterr()
        text = "".join(run(line, capsys) for line in lines)
        assert text.isascii() or text.isprintable()
        path = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8", newline="\n")
        found = path.read_text(encoding="utf-8") if path.is_file() else ""
        assert text == found, f"if this is meant: pytest {request.path.name} --update-golden"

    return compare


def run(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the command, its output, its error messages (!) and its exit code, as a terminal."""
    code = cli.main(shlex.split(line))
    shown = capsys.readouterr()
    errors = "".join(f"! {text}\n" for text in shown.err.splitlines())
    return f"$ dombit {escape(line)}\n{shown.out}{errors}[exit code {code}]\n\n"
