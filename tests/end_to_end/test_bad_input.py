"""Bad input through the command: a typed error, an exit code, nothing written, no traceback."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.cli import main

Captured = pytest.CaptureFixture[str]
Spoil = Callable[[bytearray], bytes]


def stream() -> bytes:
    """Return a small stream."""
    weights = np.random.default_rng(2).normal(0, 0.02, (40, 30)).astype(np.float32)
    return dombit.to_bytes({"w": weights, "b": np.zeros(40, np.float32)})


def flip(place: int) -> Spoil:
    """Return what flips one bit."""

    def spoil(data: bytearray) -> bytes:
        data[place] ^= 1
        return bytes(data)

    return spoil


def header_with(place: int, value: int) -> Spoil:
    """Return what changes a byte of the stream header's payload and repairs its CRC."""

    def spoil(data: bytearray) -> bytes:
        data[24 + place] = value
        data[40:44] = zlib.crc32(data[24:40]).to_bytes(4, "little")
        return bytes(data)

    return spoil


def unit_type(value: int) -> Spoil:
    """Return what changes the type of the second unit and repairs the CRC of its header."""

    def spoil(data: bytearray) -> bytes:
        data[44:46] = value.to_bytes(2, "little")
        data[52:56] = zlib.crc32(data[44:52]).to_bytes(4, "little")
        return bytes(data)

    return spoil


BAD_STREAMS: dict[str, tuple[Spoil, str, str, int]] = {
    "truncated": (lambda data: bytes(data[:-30]), "truncated", "container", 1),
    "empty": (lambda _: b"", "truncated", "container", 1),
    "signature": (flip(3), "not-dombit", "container", 1),
    "header CRC": (flip(17), "integrity", "container", 1),
    "payload CRC": (flip(70), "integrity", "container", 1),
    "unknown unit": (unit_type(99), "unsupported", "container", 3),
    "reserved unit": (unit_type(10), "unsupported", "container", 3),
    "version": (header_with(0, 9), "unsupported", "container", 3),
    "feature": (header_with(8, 4), "unsupported", "container", 3),
    "trailing": (lambda data: bytes(data) + b"more", "trailing-data", "container", 1),
    "text": (lambda _: b"no model at all" * 9, "not-dombit", "container", 1),
}


@pytest.mark.parametrize("name", BAD_STREAMS)
def test_bad_streams(name: str, tmp_path: Path, capsys: Captured) -> None:
    """Each fault has its kind, stage, place and exit code; no file appears."""
    spoil, kind, stage, code = BAD_STREAMS[name]
    path = tmp_path / "bad.dombit"
    path.write_bytes(spoil(bytearray(stream())))
    for command in (["verify", str(path)], ["decode", str(path), "-o", str(tmp_path / "x.npz")]):
        assert main([*command, "--json"]) == code
        said = capsys.readouterr()
        answer = json.loads(said.out)
        assert (answer["ok"], answer["kind"], answer["stage"]) == (False, kind, stage)
        assert answer["rule"].startswith("R-") and isinstance(answer["at"], int)
        assert "Traceback" not in said.err + said.out
        assert main(command) == code
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1 and kind in lines[0] and stage in lines[0]
    assert [each.name for each in tmp_path.iterdir()] == ["bad.dombit"]


@pytest.mark.parametrize("name", BAD_STREAMS)
def test_bad_streams_in_python(name: str) -> None:
    """Every door gives the same DombitError: bytes, a file object, verify, decode, open."""
    spoil, kind, stage, _ = BAD_STREAMS[name]
    data = spoil(bytearray(stream()))
    doors: list[Callable[[], object]] = [
        lambda: dombit.decode(data),
        lambda: dombit.decode(io.BytesIO(data), io.BytesIO()),
        lambda: dombit.verify(data),
    ]
    for door in doors:
        with pytest.raises(dombit.DombitError) as caught:
            door()
        fault = caught.value
        assert (fault.kind, fault.stage) == (kind, stage)
        assert fault.rule.startswith("R-") and fault.at is not None and fault.unit
    if name not in ("signature", "payload CRC"):  # a reader of ranges reads what it needs
        with pytest.raises(dombit.DombitError) as caught:
            list(dombit.open(data).get_tensors())
        assert caught.value.stage == stage


def test_errors_are_objects_with_json(tmp_path: Path, capsys: Captured) -> None:
    """What is wrong with source, words, files: one JSON object, with the word and the code."""
    text, out = tmp_path / "text.onnx", str(tmp_path / "x.dombit")
    text.write_text("no model")
    cases: list[tuple[list[str], str, int]] = [
        (["encode", str(text), "-o", out], "bad-source", 1),
        (["encode", str(text)], "usage", 2),
        (["encode", str(text), "-o", out, "--snr", "3", "--bits", "2"], "usage", 2),
        (["encode", str(text), "-o", out, "--snr", "0"], "usage", 2),
        (["encode", str(text), "-o", out, "--all"], "usage", 2),
        (["encode", str(tmp_path / "no.onnx"), "-o", out], "io", 4),
        (["encode", str(text), "-o", str(text / "x")], "io", 4),
        (["decode", str(tmp_path / "no.dombit"), "-o", out], "io", 4),
        (["verify", str(tmp_path)], "io", 4),
    ]
    for words, kind, code in cases:
        assert main([*words, "--json"]) == code, words
        said = json.loads(capsys.readouterr().out)
        assert (said["ok"], said["kind"], said["exit_code"]) == (False, kind, code)
        assert said["message"]
    assert [each.name for each in tmp_path.iterdir()] == ["text.onnx"]


class Code:
    """What runs a program when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        """Name the file that would appear."""
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Ask the unpickler to run a command."""
        return os.system, (f"touch {self.marker}",)


def test_a_checkpoint_with_code_is_not_run(tmp_path: Path, capsys: Captured) -> None:
    """A checkpoint that would run a program is refused, and the program does not run."""
    torch = pytest.importorskip("torch")
    marker = tmp_path / "ran"
    torch.save({"w": torch.zeros(3), "evil": Code(marker)}, tmp_path / "evil.pt")
    assert main(["encode", str(tmp_path / "evil.pt"), "-o", str(tmp_path / "x.dombit")]) == 1
    assert "system" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["evil.pt"]


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors", ".pt", ".npz", ".txt"])
def test_text_is_no_model(suffix: str, tmp_path: Path, capsys: Captured) -> None:
    """A text file is refused under every name."""
    source = tmp_path / f"text{suffix}"
    source.write_text("This is not a model.\n" * 20)
    assert main(["encode", str(source), "-o", str(tmp_path / "x.dombit")]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said and said.count("\n") == 1
    assert {".onnx": "no ONNX model", ".npz": "not a zip archive"}.get(suffix, "") in said
    assert [each.name for each in tmp_path.iterdir()] == [source.name]


def test_outputs_that_cannot_be(tmp_path: Path, capsys: Captured, demo_model: Path) -> None:
    """An existing file, a folder, a missing folder, a file for a folder: code 4, all as before."""
    old = tmp_path / "old.dombit"
    old.write_bytes(b"old")
    for output in (old, tmp_path, tmp_path / "no" / "x.dombit", old / "x.dombit"):
        assert main(["encode", str(demo_model), "-o", str(output)]) == 4, output
        assert capsys.readouterr().err.count("\n") == 1
    assert old.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1
    assert main(["encode", str(demo_model), "-o", str(old), "--force"]) == 0
    assert main(["verify", str(old)]) == 0


def test_a_full_disk_leaves_nothing(tmp_path: Path, demo_model: Path) -> None:
    """Where a file may not grow, encoding ends with code 4 and no file."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    command = [sys.executable, "-m", "dombit", "encode", str(demo_model), "-o", "x.dombit"]
    done = subprocess.run(
        command, cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip
    assert done.returncode == 4 and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        [], ["encode"], ["encode", "a", "-o", "b", "--snr", "3", "--bits", "2"], ["frobnicate"],
        ["encode", "a", "-o", "b", "--snr", "much"],
    ],
)  # fmt: skip
def test_usage(words: list[str], capsys: Captured) -> None:
    """What the command does not understand is code 2."""
    try:
        code = main(words)
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_model_over_the_limit_names_the_option(tmp_path: Path, capsys: Captured) -> None:
    """An output beyond the limit is refused with the option that raises it."""
    path = tmp_path / "x.dombit"
    path.write_bytes(stream())
    assert main(["verify", str(path), "--output-limit", "1000"]) == 1
    said = capsys.readouterr().err
    assert "limit-exceeded" in said and "--output-limit" in said


def test_names_cannot_reach_the_terminal(tmp_path: Path, capsys: Captured) -> None:
    """Escape sequences in the name of a file are shown, not sent."""
    path = tmp_path / "\x1b[31mred.dombit"
    path.write_bytes(b"nothing")
    assert main(["verify", str(path)]) == 1
    assert "\x1b" not in capsys.readouterr().err
