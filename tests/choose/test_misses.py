"""Misses: a rate that was not met is said, with what came out and why."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

import numpy as np
import pytest

import dombit
from dombit.choose.misses import bits_notes, snr_notes
from dombit.cli import main
from dombit.recipe import HEAD, LOSSLESS, QUANTISED, SKELETON_PART, Recipe

ml_dtypes = pytest.importorskip("ml_dtypes", reason="needs ml_dtypes")
RANDOM = np.random.default_rng(47)
PARTS = {HEAD: 30, SKELETON_PART: 700, LOSSLESS: 200, QUANTISED: 70}


@pytest.mark.parametrize(
    ("mode", "value", "found", "words"),
    [
        ("snr", 20.0, 20.0, None), ("snr", 20.0, 20.05, None), ("snr", 20.0, None, None),
        ("bits", 20.0, 10.0, None), ("snr", 20.0, 20.2, "20.20 dB came out: for weights"),
        ("snr", 20.0, 19.9, "19.90 dB came out: no step"),
        ("snr", 20.0, math.inf, "all weights came out exactly"),
    ],
)  # fmt: skip
def test_targets_in_db(mode: str, value: float, found: float | None, words: str | None) -> None:
    """There is a note where the SNR lies outside [target, target + 0.05], and only there."""
    notes = snr_notes(Recipe(mode=mode, value=value), found)  # type: ignore[arg-type]
    assert len(notes) == (words is not None)
    assert words is None or words in notes[0]


@pytest.mark.parametrize(
    ("mode", "found", "words"),
    [
        ("bits", 4.0, ()), ("bits", 3.92, ()), ("snr", 9.0, ()), ("bits", 0.0, ()),
        ("bits", 4.001, ("4.001 came out", "1,000 bytes", "700 are what", "200 are tensors that",
                         "70 are quantised", "30 are names")),
        ("bits", 3.91, ("3.910 came out: finer steps",)),
    ],
)  # fmt: skip
def test_budgets(mode: str, found: float, words: tuple[str, ...]) -> None:
    """There is a note where the bits lie outside [0.98 budget, budget], with what takes them."""
    notes = bits_notes(Recipe(mode=mode, value=4.0), found, PARTS)  # type: ignore[arg-type]
    assert len(notes) == bool(words)
    assert all(word in notes[0] for word in words)


def test_nothing_to_quantise() -> None:
    """A model of vectors misses a budget either way, and the reason is not a step."""
    model = {"v": np.full(300, 0.25, np.float32)}
    report = dombit.encode(model, io.BytesIO(), bits=31.0)
    assert "nothing is quantised" in report.notes[-1] and report.step is None


def test_the_demo_model(
    demo_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--bits 1` of a model whose graph takes more says so on standard error, with its bytes."""
    stream = tmp_path / "x.dombit"
    assert main(["encode", str(demo_model), "-o", str(stream), "--bits", "1"]) == 0
    told = capsys.readouterr().err
    (line,) = [line for line in told.splitlines() if "were asked for" in line]
    assert line.startswith("note: 1 bits a weight were asked for, 3.")
    total, *parts = (
        int(each.replace(",", "")) for each in re.findall(r"[\d,]+(?= bytes| are)", line)
    )
    assert total == stream.stat().st_size == sum(parts) and len(parts) == 4


def test_one_tensor_of_an_8_bit_float() -> None:
    """The grid of e5m2 leaves gaps between steps: the report says what came out."""
    weights = RANDOM.normal(0, 1, (90, 80)).astype(ml_dtypes.float8_e5m2)
    report = dombit.encode({"w": weights}, io.BytesIO(), snr=30.0)
    assert report.snr_db is not None and report.snr_db > 30.05
    assert f"{report.snr_db:.2f} dB came out" in report.notes[-1]
