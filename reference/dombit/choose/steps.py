"""Steps: one step for an SNR, what a tensor has of it, and what it costs (informative)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import (
    STEP_BITS,
    exponent_range,
    reduced_step,
    round_f32_to,
    step_from_float,
    step_value,
)
from dombit.choose.codings import numbers_of
from dombit.choose.survey import CHUNK, Weights, differences_of, total_power
from dombit.dtypes import DType
from dombit.prediction.differences import add_values
from dombit.quantization import uniform
from dombit.quantization.choose import search_step, snr_db
from dombit.recipe import Step
from dombit.records import Tensor

SLACK_DB = 0.05
NO_STEP: Step = (2048, -20)
"""Any step will do where all tensors are zero."""


# ------------------------------------------------------------------------------- what is legal


def not_above(value: float, dtype: DType, bits: int = STEP_BITS) -> Step | None:
    """Return the largest step with a mantissa of `bits` bits that is not above a value.

    None where even the smallest step of the dtype is above it.
    """
    mantissa, exponent = step_from_float(value, dtype, bits)
    if step_value(mantissa, exponent) <= value:
        return mantissa, exponent
    if mantissa == 1 << (bits - 1) and exponent > exponent_range(dtype)[0]:
        return (1 << bits) - 1, exponent - 1
    return (mantissa - 1, exponent) if mantissa > 1 else None


def fitting(weights: Weights, step: Step, offset: float) -> Step | None:
    """Return the step that a tensor gets where a common one is asked for.

    Where the step rule forbids its largest level it is the next smaller step of a shorter
    mantissa, as long a one as is legal: never a larger step. None where there is none.
    """
    if _is_legal(weights, step, offset):
        return step
    dtype = weights.tensor.dtype
    for bits in range(STEP_BITS, 0, -1):
        shorter = not_above(step_value(*step), dtype, bits)
        if shorter is not None:
            shorter = reduced_step(*shorter, dtype)
            if _is_legal(weights, shorter, offset):
                return shorter
    return None


def _is_legal(weights: Weights, step: Step, offset: float) -> bool:
    """Whether the largest level is legal, and decoded to a finite number: then all are."""
    dtype = weights.tensor.dtype
    low, high = exponent_range(dtype)
    if not low <= step[1] <= high:
        return False
    levels, outside = uniform.levels(np.array([weights.largest]), *step, offset, dtype)
    if outside or weights.predicted is not None:
        return not outside and not _overflows(weights, step)
    values = uniform.values(levels.astype(np.int64), *step, dtype)
    return bool(np.isfinite(numbers_of(values, weights.tensor)[0]))


def _overflows(weights: Weights, step: Step) -> bool:
    """Whether the largest value, a step further off, might have no finite pattern."""
    dtype, farther = weights.tensor.dtype, weights.top + step_value(*step)
    if dtype.name == "f64":
        return not math.isfinite(farther)
    with np.errstate(over="ignore"):
        single = np.array([farther]).astype(np.float32)
    return not np.isfinite(numbers_of(round_f32_to(dtype, single), weights.tensor)[0])


# ------------------------------------------------------------------------------------- errors


def levels_of(
    tensor: Tensor,
    patterns: NDArray[Any],
    predicted: NDArray[Any] | None,
    step: Step,
    offset: float,
) -> NDArray[np.int32]:
    """Return the levels of elements [n] of a tensor, or of their differences from predictions."""
    numbers = differences_of(tensor, patterns, predicted)
    levels, _ = uniform.levels(numbers, *step, offset, tensor.dtype)
    return levels


def decoded_patterns(
    tensor: Tensor,
    patterns: NDArray[Any],
    predicted: NDArray[Any] | None,
    step: Step,
    offset: float,
) -> NDArray[Any]:
    """Return the patterns that a decoder gets of elements [n] of a tensor."""
    levels = levels_of(tensor, patterns, predicted, step, offset).astype(np.int64)
    if predicted is None:
        return uniform.values(levels, *step, tensor.dtype)
    return add_values(predicted, uniform.scaled(levels, *step, tensor.dtype), tensor.dtype)


def error_of(weights: Weights, step: Step, offset: float) -> float:
    """Return the sum of squared errors of a tensor under a step that fits it."""
    errors: list[float] = []
    for at in range(0, weights.count, CHUNK):
        part, tensor = slice(at, at + CHUNK), weights.tensor
        guess = None if weights.predicted is None else weights.predicted[part]
        decoded = decoded_patterns(tensor, weights.patterns[part], guess, step, offset)
        difference = weights.values(part) - numbers_of(decoded, tensor)
        errors.append(float(np.square(difference, out=difference).sum()))
    return math.fsum(errors)


def measure(weights: Sequence[Weights], step: Step, offset: float) -> float:
    """Return the sum of squared errors of tensors under a step; of those that it fits."""
    fits = [(each, fitting(each, step, offset)) for each in weights]
    return math.fsum(error_of(each, own, offset) for each, own in fits if own is not None)


def step_for_snr(
    weights: Sequence[Weights],
    target: float,
    offset: float,
    *,
    signal_beside: float = 0.0,
    error_beside: float = 0.0,
) -> tuple[Step, float]:
    """Return the largest step whose SNR lies in [target, target + 0.05] dB, and that SNR.

    It is above that only where the values lie on so coarse a grid that no step comes closer.
    `signal_beside`, `error_beside`: of quantised tensors that have steps of their own.
    """
    signal = signal_beside + total_power(weights)
    count = sum(each.count for each in weights)
    if signal == 0.0 or count == 0:
        return NO_STEP, snr_db(signal, error_beside)
    room = max(signal * 10 ** (-target / 10) - error_beside, signal * 1e-12)
    return search_step(
        lambda step: snr_db(signal, error_beside + measure(weights, step, offset)),
        target,
        step_from_float(math.sqrt(12 * room / count), weights[0].tensor.dtype),
        SLACK_DB,
    )
