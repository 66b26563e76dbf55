"""Target: an SNR over all quantised tensors, own steps and coarse grids included."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dombit.arithmetic import step_from_float
from dombit.choose import target as target_module
from dombit.choose.exceptions import OwnSteps, Rules
from dombit.choose.steps import error_of
from dombit.choose.survey import survey
from dombit.choose.target import steps_for_snr
from dombit.models.arrays import tensors_from_state_dict

ml_dtypes = pytest.importorskip("ml_dtypes", reason="needs ml_dtypes")
RANDOM = np.random.default_rng(23)


def matrix(scale: float = 1.0, rows: int = 50) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, scale, (rows, 60)).astype(np.float32)


def reached(target: float, **arrays: np.ndarray) -> tuple[float, set[tuple[int, int]]]:
    """Return the SNR that the steps for a target give, and the steps."""
    tensors = tensors_from_state_dict(arrays)
    weights = [one for n, each in enumerate(tensors) if (one := survey(each, n)) is not None]
    lossy = steps_for_snr(weights, target, 0.4)
    assert set(lossy.steps) == {each.number for each in weights}
    error = sum(error_of(each, lossy.steps[each.number], 0.4) for each in weights)
    return 10 * math.log10(sum(each.power for each in weights) / error), set(lossy.steps.values())


def test_a_target_is_met_with_exceptions() -> None:
    """The SNR over all quantised tensors, own steps included, is the one that was asked for."""
    scales = {"a": 1.0, "b": 0.01, "c": 1e-3, "d": 1e-6}
    found, steps = reached(18.0, **{name: matrix(scale) for name, scale in scales.items()})
    assert 18.0 <= found <= 18.05 and len(steps) > 1


@pytest.mark.parametrize("target", [35.0, 60.0, 70.0])
def test_a_grid_of_bf16_is_met_with_two_steps(target: float) -> None:
    """Where the SNR jumps between steps, tensors share the jump: the target is met."""
    arrays = {f"w{n}": matrix(1 + n % 3, 8 + 9 * n).astype(ml_dtypes.bfloat16) for n in range(12)}
    found, _ = reached(target, **arrays)
    assert target <= found <= target + 0.05


@pytest.mark.parametrize("target", [6.0, 15.0, 25.0, 35.0])
def test_steps_grow_only_while_there_is_room(target: float) -> None:
    """Also on the grid of an 8-bit float the SNR is never below the target."""
    arrays = {f"w{n}": matrix(1 + n % 3).astype(ml_dtypes.float8_e4m3fn) for n in range(6)}
    found, steps = reached(target, **arrays)
    assert target <= found <= target + 1.0
    assert len(steps) > 1 or found <= target + 0.05


def test_no_step_grows_until_it_erases() -> None:
    """What a larger step would leave below 3 dB keeps the one that it has."""
    tensors = tensors_from_state_dict({"large": matrix(), "small": matrix(0.3)})
    weights = [one for n, each in enumerate(tensors) if (one := survey(each, n)) is not None]
    step = step_from_float(1.0, weights[0].tensor.dtype)
    rules = Rules(offset=0.4, own=OwnSteps(db=10.0, offset=0.4))
    assert [number for _, number, _ in target_module._growths(weights, step, rules)] == [0]
