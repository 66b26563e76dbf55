"""Steps: one step for a target in dB, what of it is legal for a tensor, and what it costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dombit.arithmetic import step_from_float, step_value
from dombit.choose.steps import (
    NO_STEP,
    error_of,
    fitting,
    levels_of,
    measure,
    not_above,
    step_for_snr,
)
from dombit.choose.survey import Weights, survey
from dombit.dtypes import BY_NAME
from dombit.models.arrays import tensors_from_state_dict

ml_dtypes = pytest.importorskip("ml_dtypes", reason="needs ml_dtypes")
RANDOM = np.random.default_rng(17)
F32 = BY_NAME["f32"]


def surveyed(*arrays: np.ndarray) -> list[Weights]:
    """Return what is known of tensors that can be quantised."""
    tensors = tensors_from_state_dict({f"w{n}": array for n, array in enumerate(arrays)})
    found = [survey(tensor, number) for number, tensor in enumerate(tensors)]
    return [one for one in found if one is not None]


def matrix(scale: float = 1.0) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, scale, (50, 60)).astype(np.float32)


@pytest.mark.parametrize("target", [3.0, 12.0, 40.0, 90.0])
def test_a_step_meets_an_snr(target: float) -> None:
    """The step that is found gives the target, or at most a twentieth of a decibel more."""
    arrays = matrix(), matrix(0.1)
    weights = surveyed(*arrays)
    step, told = step_for_snr(weights, target, 0.4)
    signal = sum(float((array.astype(float) ** 2).sum()) for array in arrays)
    found = 10 * math.log10(signal / measure(weights, step, 0.4))
    assert target <= found <= target + 0.05 and told == pytest.approx(found)


def test_what_lies_beside_counts() -> None:
    """Errors of tensors with steps of their own leave less room: the common step is smaller."""
    weights = surveyed(matrix())
    alone = step_value(*step_for_snr(weights, 15, 0.4)[0])
    signal = 3000.0
    beside, _ = step_for_snr(weights, 15, 0.4, signal_beside=10.0, error_beside=signal / 64)
    assert step_value(*beside) < alone


def test_zeros_take_any_step() -> None:
    """Where all weights are zero there is nothing to search."""
    zeros = surveyed(np.zeros((4, 5), np.float32))
    assert step_for_snr(zeros, 20, 0.4) == (NO_STEP, math.inf)
    assert step_for_snr((), 20, 0.4)[0] == NO_STEP
    assert measure(zeros, NO_STEP, 0.4) == 0.0


@pytest.mark.parametrize("bits", [1, 4, 11, 12])
@pytest.mark.parametrize("value", [1.5, 1.0, 0.1, 0.3, 1e-9, 2.0**-126, 3.9 * 2.0**-126, 1e35])
def test_a_step_that_is_not_above(value: float, bits: int) -> None:
    """It is the largest step of so many bits that is not larger than the value."""
    step = not_above(value, F32, bits)
    assert step is not None and step_value(*step) <= value
    mantissa, exponent = step
    assert step_value(mantissa + 1, exponent) > value or value > 1e34
    assert mantissa < 1 << bits and exponent >= -126
    assert not_above(1e-39, F32) is None


def test_steps_get_smaller_where_levels_are_too_large() -> None:
    """A mantissa of 12 bits forbids large levels: the longest that is legal is taken."""
    (weights,) = surveyed(np.array([[1.0, 30_000.0]], np.float32))
    step = fitting(weights, step_from_float(0.3, F32), 0.4)
    assert step is not None and 0.29 < step_value(*step) <= 0.3 and step[0] < 256
    assert error_of(weights, step, 0.4) < 1
    assert fitting(weights, step_from_float(1e-6, F32), 0.4) is None


@pytest.mark.parametrize("asked", [1.4, 1.5, 1.9, 0.0101, 0.7 / 4096])
def test_no_step_is_larger_than_was_asked_for(asked: float) -> None:
    """However short the mantissa has to be, it is cut and never rounded up."""
    for largest in (1.0, 1e4, 1e5, 1e6, 3e6, 8e6):
        (weights,) = surveyed(np.array([[asked, largest * asked]], np.float32))
        common = not_above(asked, F32)
        assert common is not None
        step = fitting(weights, common, 0.4)
        assert step is not None and asked / 2 < step_value(*step) <= asked


def test_values_that_would_become_infinite() -> None:
    """A step whose largest level is infinity in the tensor's dtype is not taken."""
    large = surveyed(*(np.full((2, 3), value, np.float16) for value in (60_000, 65_504)))
    steps = [fitting(weights, step_from_float(40_000.0, F32), 0.4) for weights in large]
    assert steps == [step_from_float(40_000.0, F32), None]


def test_exponents_that_only_wider_dtypes_have() -> None:
    """A step for tiny fp64 weights is no step of an fp32 tensor beside them."""
    (weights,) = surveyed(np.zeros((3, 4), np.float32))
    tiny = not_above(1e-60, BY_NAME["f64"])
    assert tiny is not None and tiny[1] < -126
    assert fitting(weights, tiny, 0.4) is None


def test_levels_of_a_stretch() -> None:
    """Levels of a part of a tensor are those of the whole."""
    (weights,) = surveyed(matrix())
    step = step_from_float(0.1, F32)
    patterns = weights.patterns
    whole = levels_of(weights.tensor, patterns, None, step, 0.4)
    assert np.array_equal(
        levels_of(weights.tensor, patterns[117:207], None, step, 0.4), whole[117:207]
    )
    assert np.abs(whole).max() > 10


@pytest.mark.parametrize("kind", [np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e5m2])
def test_errors_are_those_of_the_dtype(kind: type) -> None:
    """What is counted is the error of the value that a decoder rounds to the tensor's dtype."""
    array = matrix().astype(kind)
    (weights,) = surveyed(array)
    step = step_from_float(0.3, F32)
    levels = levels_of(weights.tensor, weights.patterns, None, step, 0.4)
    decoded = (levels * np.float32(step_value(*step))).astype(kind).astype(float)
    error = np.square(decoded - array.astype(float).reshape(-1)).sum()
    assert error_of(weights, step, 0.4) == pytest.approx(error) and error > 0
