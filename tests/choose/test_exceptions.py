"""Exceptions: tensors that the common step would erase, or that cannot have it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dombit.arithmetic import step_from_float, step_value
from dombit.choose import exceptions
from dombit.choose.exceptions import OwnSteps, Rules, assign, is_erased
from dombit.choose.steps import error_of
from dombit.choose.survey import Weights, survey
from dombit.dtypes import BY_NAME
from dombit.models.arrays import tensors_from_state_dict

RANDOM = np.random.default_rng(19)
STEP = step_from_float(0.01, BY_NAME["f32"])


def surveyed(**arrays: np.ndarray) -> list[Weights]:
    """Return what is known of tensors that can be quantised."""
    tensors = tensors_from_state_dict(arrays)
    found = [survey(tensor, number) for number, tensor in enumerate(tensors)]
    return [one for one in found if one is not None]


def matrix(scale: float = 1.0) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, scale, (50, 60)).astype(np.float32)


def decibels(weights: Weights, step: tuple[int, int]) -> float:
    """Return the SNR of a tensor under a step."""
    return 10 * math.log10(weights.power / error_of(weights, step, 0.4))


def test_three_ways() -> None:
    """A tiny tensor gets its own step, one that is too large stays lossless; both are noted."""
    weights = surveyed(a=matrix(), tiny=matrix(1e-9), huge=matrix(1e30))
    lossy = assign(weights, STEP, Rules(offset=0.4, own=OwnSteps(db=10.0, offset=0.4)))
    assert set(lossy.steps) == {0, 1} and lossy.own == {1} and lossy.common == STEP
    assert lossy.steps[0] == STEP
    assert 10 <= decibels(weights[1], lossy.steps[1]) <= 10.05
    assert ["tiny" in lossy.notes[0], "huge" in lossy.notes[1]] == [True, True]


def test_own_steps_of_another_kind() -> None:
    """Own steps have the SNR that the rules say; where they yield, the tensor is erased."""
    weights = surveyed(a=matrix(), tiny=matrix(1e-9))
    coarse = assign(weights, STEP, Rules(offset=0.4, own=OwnSteps(db=3.0, offset=0.4)))
    assert 3 <= decibels(weights[1], coarse.steps[1]) <= 3.05 and "3 dB" in coarse.notes[0]
    yielding = Rules(offset=0.4, own=OwnSteps(db=3.0, offset=0.4), yielding=True)
    erased = assign(weights, STEP, yielding)
    assert erased.steps == {0: STEP, 1: STEP} and not erased.own
    assert "tiny: erased" in erased.notes[0] and len(erased.notes) == 1
    assert [is_erased(each, STEP, yielding) for each in weights] == [False, True]


@pytest.mark.parametrize("yielding", [False, True])
def test_what_no_own_step_reaches_stays(yielding: bool) -> None:
    """A tensor that no step could hold is no victim of a common one either: it is kept."""
    weights = surveyed(a=matrix(), lost=matrix().astype(np.float64) * 1e-60)
    lossy = assign(
        weights, STEP, Rules(offset=0.4, own=OwnSteps(db=3.0, offset=0.4), yielding=yielding)
    )
    assert set(lossy.steps) == {0} and "lost: " in lossy.notes[0] and "kept" in lossy.notes[0]


def test_an_own_step_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is asked for, the values of a tensor are looked at for one search."""
    (weights,) = surveyed(a=matrix())
    steps = OwnSteps(db=10.0, offset=0.4)
    first = steps.of(weights)
    monkeypatch.setattr(exceptions, "step_for_snr", lambda *_: pytest.fail("searched again"))
    assert steps.of(weights) == first and first is not None


@pytest.mark.parametrize("power", range(-8, 5))
def test_what_is_fine_is_not_erased(power: int) -> None:
    """A step that is taken for fine without a look leaves each kind of tensor 3 dB and more."""
    kinds = [
        matrix(), np.exp(3 * matrix()), RANDOM.integers(-3, 4, (30, 40)).astype(np.int8),
        (RANDOM.random((90, 80)) < 0.01).astype(np.float32), matrix().astype(np.float16),
    ]  # fmt: skip
    fine = 0
    for one in surveyed(**{f"w{n}": array for n, array in enumerate(kinds)}):
        for part in (0.99, 1.3, 1.7):
            rms = math.sqrt(one.power / one.count)
            step = step_from_float(part * 2.0**power * rms, BY_NAME["f32"])
            if exceptions.is_fine(one, step_value(*step)):
                error = error_of(one, step, 0.0)
                assert error == 0 or decibels(one, step) >= 3
                fine += 1
    assert (fine > 0) == (power <= -2)
