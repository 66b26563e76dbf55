"""Estimate: what levels cost, from a sample, beside what their tokens take."""

from __future__ import annotations

import numpy as np
import pytest

from dombit.choose import estimate
from dombit.choose.survey import survey
from dombit.entropy import tokens
from dombit.entropy.choose import entropy_bits
from dombit.models.arrays import tensors_from_state_dict
from dombit.quantization.integers import levels_split
from dombit.records import Hybrid

RANDOM = np.random.default_rng(29)
WEIGHTS = RANDOM.standard_t(4, (300, 200)).astype(np.float32)


def sample_of(array: np.ndarray) -> estimate.Sample:
    """Return the sample of an array."""
    weights = survey(tensors_from_state_dict({"w": array})[0], 0)
    assert weights is not None
    return estimate.sample(weights)


@pytest.mark.parametrize("step", [40.0, 2.0, 0.3, 0.01, 1e-5])
def test_bits_are_those_of_the_tokens(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    """With all elements in the sample they are the entropy of tokens, extra bits and signs."""
    monkeypatch.setattr(estimate, "SAMPLE", 1 << 20)
    levels = np.sign(WEIGHTS) * np.floor(np.abs(WEIGHTS.astype(np.float64)) / step + 0.4)
    magnitudes, _ = levels_split(levels.reshape(-1))
    token, _, widths = tokens.split(magnitudes, Hybrid())
    wanted = entropy_bits(np.bincount(token, minlength=256)) + np.count_nonzero(token)
    wanted += int(widths.sum(dtype=np.int64))
    assert estimate.bits(sample_of(WEIGHTS), step, 0.4) == pytest.approx(wanted, rel=3e-3, abs=1)


@pytest.mark.parametrize("step", [2.0, 0.3, 0.01])
def test_a_sample_stands_for_the_tensor(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    """A part of the elements gives about the bits and the SNR of all."""
    whole = sample_of(WEIGHTS)
    monkeypatch.setattr(estimate, "SAMPLE", 5000)
    some = sample_of(WEIGHTS)
    assert some.magnitudes.size <= 5000 and some.count == whole.count == 60_000
    assert estimate.bits(some, step, 0.4) == pytest.approx(estimate.bits(whole, step, 0.4), rel=0.1)
    assert estimate.snr(some, step, 0.4) == pytest.approx(estimate.snr(whole, step, 0.4), abs=1)
