"""Searching for steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.arithmetic import step_value, to_float64
from dombit.dtypes import BY_NAME
from dombit.quantization import choose, uniform

WEIGHTS = np.random.default_rng(8).laplace(size=20_000) * 0.03


def snr_at(step: choose.Step) -> float:
    """Return the SNR of the weights at a step, as an encoder measures it."""
    dtype = BY_NAME["f32"]
    levels, _ = uniform.levels(WEIGHTS, *step, 0.4, dtype)
    decoded = to_float64(uniform.values(levels, *step, dtype), dtype)
    return choose.snr_db(float((WEIGHTS**2).sum()), float(((WEIGHTS - decoded) ** 2).sum()))


def bits_at(step: choose.Step) -> float:
    """Return the entropy of the levels, in bits a weight."""
    levels, _ = uniform.levels(WEIGHTS, *step, 0.4, BY_NAME["f32"])
    shares = np.unique(levels, return_counts=True)[1] / WEIGHTS.size
    return float(-(shares * np.log2(shares)).sum())


class Counted:
    """A measure that counts its calls."""

    def __init__(self, measure) -> None:
        self.measure, self.calls = measure, 0

    def __call__(self, step: choose.Step) -> float:
        """Measure and count."""
        self.calls += 1
        return self.measure(step)


@given(st.integers(choose.LOWEST, choose.HIGHEST))
def test_the_grid_is_ordered(index: int) -> None:
    """A place gives a legal step that gives the place, and the next step is larger."""
    mantissa, exponent = choose.grid_step(index)
    assert 2048 <= mantissa <= 4095
    assert -126 <= exponent <= 103
    assert choose.grid_index((mantissa, exponent)) == index
    assert choose.grid_index((mantissa * 2, exponent - 1)) == index
    assert step_value(*choose.grid_step(index + 1)) > step_value(mantissa, exponent)


@pytest.mark.parametrize("target", [10.0, 20.0, 40.0])
@pytest.mark.parametrize("start", [(2048, -17), (4000, 20)])
def test_a_step_for_an_snr(target: float, start: choose.Step) -> None:
    """The step found is within 0.05 dB above the target, and the next larger one misses it."""
    measure = Counted(snr_at)
    step, found = choose.search_step(measure, target, start)
    assert found == snr_at(step)
    assert target <= found <= target + 0.05
    assert snr_at(choose.grid_step(choose.grid_index(step) + 1)) < target
    assert measure.calls <= (10 if start[1] < 0 else 25)


def test_slack_saves_measuring() -> None:
    """With slack the first step in the interval ends the search."""
    measure = Counted(snr_at)
    _, found = choose.search_step(measure, 30.0, (2048, -20), slack=0.05)
    assert 30.0 <= found <= 30.05
    assert measure.calls <= 5


@pytest.mark.parametrize("target", [0.5, 2.0, 6.0])
def test_a_step_for_bits(target: float) -> None:
    """The step found needs at most the target, and at least 0.98 of it."""
    step, found = choose.search_bits(bits_at, target, (2048, -17))
    assert found == bits_at(step)
    assert 0.98 * target <= found <= target
    assert bits_at(choose.grid_step(choose.grid_index(step) - 1)) > target
    _, loose = choose.search_bits(bits_at, target, (2048, -17), slack=0.02)
    assert 0.98 * target <= loose <= target


@settings(max_examples=50)
@given(st.integers(choose.LOWEST, choose.HIGHEST), st.integers(choose.LOWEST, choose.HIGHEST))
def test_the_search_ends_anywhere(edge: int, start: int) -> None:
    """Wherever a cliff lies and wherever the search starts, it finds the last step before it."""
    measure = Counted(lambda step: math.inf if choose.grid_index(step) <= edge else -math.inf)
    step, _ = choose.search_step(measure, 30.0, choose.grid_step(start))
    assert choose.grid_index(step) == edge
    assert measure.calls <= 120


def test_targets_out_of_reach() -> None:
    """An SNR that no step reaches gives the smallest one; bits that all undercut, too."""
    step, found = choose.search_step(lambda _: 5.0, 6.0, (2048, -17))
    assert (step, found) == ((2048, -126), 5.0)
    step, found = choose.search_bits(lambda _: 5.0, 4.0, (2048, -17))
    assert (step, found) == ((4095, 103), 5.0)
    step, found = choose.search_bits(lambda _: 5.0, 6.0, (2048, -17))
    assert (step, found) == ((2048, -126), 5.0)


def test_snr() -> None:
    """20 dB is a hundredth of the energy; nothing lost is infinite, nothing there is not."""
    assert choose.snr_db(100.0, 1.0) == pytest.approx(20.0)
    assert choose.snr_db(0.0, 0.0) == math.inf
    assert choose.snr_db(0.0, 1.0) == -math.inf


def test_the_bound_of_an_integer() -> None:
    """Rounding to an integer adds one half."""
    assert choose.uniform_bound((1, 2), 0.4, BY_NAME["i8"]) == pytest.approx(0.6 * 4 + 0.5)
