"""The bench: figures of whole models, each from a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dombit import cli


def test_a_row_for_every_rate(
    demo_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sizes, seconds and memory are there for every rate, and nothing stays behind."""
    monkeypatch.chdir(tmp_path)
    rates = ["--rate=--lossless", "--rate=--snr 20"]
    assert cli.main(["bench", str(demo_model), *rates, "--json"]) == 0
    exact, coarse = json.loads(capsys.readouterr().out)["rows"]
    assert (exact["snr_db"], exact["rate"], coarse["rate"]) == (None, "--lossless", "--snr 20")
    assert coarse["bytes"] < exact["bytes"] < demo_model.stat().st_size
    assert exact["ratio"] == exact["bytes"] / demo_model.stat().st_size
    assert min(exact["encode_mib"], exact["decode_mib"]) > 10
    assert list(tmp_path.iterdir()) == []


def test_a_table_in_markdown(
    demo_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For the README the rows are Markdown."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["bench", str(demo_model)]) == 0
    head, rule, row = capsys.readouterr().out.splitlines()
    assert head.count("|") == rule.count("|") == row.count("|") == 9
    assert row.startswith("| nmp.onnx | --lossless |")
