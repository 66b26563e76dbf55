"""The bench: figures of whole models, each from a process of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dombit import cli
from dombit_tools.bench.pairings import Pair
from dombit_tools.bench.pairs import comes_back
from dombit_tools.bench.rivals import gap16, ordered, rivals_by_weight
from dombit_tools.bench.training import kept
from dombit_tools.bench.writing import write_safetensors


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


def test_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pairs of a tiny model come back byte for byte, and cost what their kind may cost."""
    numbers = np.random.default_rng(9).normal(0, 0.02, (100, 32)).astype(np.float32)
    model = tmp_path / "tiny.safetensors"
    write_safetensors(model, {"weight": ("F32", [100, 32], numbers.tobytes())})
    command = ["bench", "--pairs", str(model), "--parts", "pairs", "--repeat", "1", "--json"]
    assert cli.main(command) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert all(each["numbers"]["equal"] for each in findings)
    cast, equal, _, _, rows = (each["numbers"] for each in findings)
    assert findings[1]["met"] is (equal["bytes"] <= 256)
    assert equal["bytes"] < equal["alone"] / 10
    assert cast["bytes"] < cast["alone"] / 2
    assert (rows["changed"], rows["elements"]) == (32, 3200)
    assert rows["shares"]["best rival"] == rows["bytes"] / min(rows["rivals"].values())
    assert all(each["numbers"]["numpy_seconds"] > 0 for each in findings)


def test_a_decoder_that_errs_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pair whose model does not come back misses its target, whatever its size is."""
    model = tmp_path / "one.safetensors"
    write_safetensors(model, {"weight": ("F32", [4], bytes(16))})
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    pair = Pair(name="one", kind="equal", root=model, model=model)
    for said, expected in ((digest, True), ("00", False)):
        worker = SimpleNamespace(ask=lambda *_, said=said, **__: {"sha256": said})
        running = SimpleNamespace(ours=worker, temporary=lambda name: name)
        assert comes_back(running, pair, "stream") is expected  # type: ignore[arg-type]


def test_gaps_of_sixteen_bits() -> None:
    """A gap of 65 535 or more goes on behind words of 65 535."""
    gaps = np.array([0, 3, 0xFFFE, 0xFFFF, 2 * 0xFFFF + 7], np.int64)
    assert gap16(gaps).tolist() == [0, 3, 0xFFFE, 0xFFFF, 0, 0xFFFF, 0xFFFF, 7]


def test_rivals_count_what_changed() -> None:
    """Equal weights cost a raw list nothing, a changed one its place and its value."""
    old = np.arange(1000, dtype=np.uint16)
    new = old.copy()
    new[[5, 900]] += 1
    assert rivals_by_weight(old, old, "bfloat16")["index32 + value"] == 0
    assert rivals_by_weight(old, new, "bfloat16")["index32 + value"] == 2 * (4 + 2)


def test_integers_of_rivals_ascend() -> None:
    """What pcodec is given ascends as the numbers do."""
    numbers = np.array([-np.inf, -2, -1e-30, -0.0, 0.0, 1e-30, 2, np.inf], np.float32)
    assert (np.diff(ordered(numbers.view(np.uint32)).astype(np.int64)) > 0).all()


def test_snapshots_are_trained_once(tmp_path: Path) -> None:
    """What lies in the cache is not trained again; a training that fails leaves no file."""

    def train() -> Iterator[bytes]:
        yield b"first"
        raise ValueError("no data")

    with pytest.raises(ValueError, match="no data"):
        kept(tmp_path / "cache", ["a", "b"], train)
    assert list((tmp_path / "cache").iterdir()) == []
    paths = kept(tmp_path / "cache", ["a", "b"], lambda: iter([b"first", b"second"]))
    assert kept(tmp_path / "cache", ["a", "b"], train) == paths
    assert [path.read_bytes() for path in paths] == [b"first", b"second"]
