"""Steps: the one step of a lossy stream, searched for a target (informative)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import reduced_step, step_from_float, step_value
from dombit.choose.codings import numbers_of, signal_power, tensor_patterns
from dombit.entropy import tokens as token_chapter
from dombit.entropy.choose import entropy_bits
from dombit.quantization import integers, uniform
from dombit.quantization.choose import search_bits, search_step, snr_db
from dombit.recipe import Step
from dombit.records import Hybrid, Tensor

CHUNK = 1 << 20
SLACK_DB = 0.05
FEWER_BITS = (8, 4, 1)
"""Mantissa bits that are tried where the step rule forbids the levels of 12 bits."""
NO_STEP: Step = (2048, -20)
"""Any step will do where all tensors are zero."""


def decoded(tensor: Tensor, levels: NDArray[np.int32], step: Step) -> NDArray[np.float64]:
    """Return the values that a decoder gets from levels, in fp64."""
    patterns = uniform.values(levels.astype(np.int64), step[0], step[1], tensor.dtype)
    return numbers_of(patterns, tensor)


def fitting(tensor: Tensor, step: Step, offset: float) -> tuple[Step | None, float]:
    """Return the step for one tensor, and the sum of its squared errors.

    Where the step rule forbids the levels it is the nearest step of a shorter mantissa whose levels
    are legal; None (and no error) where there is none.
    """
    error = _error(tensor, step, offset)
    if error is not None:
        return step, error
    for bits in FEWER_BITS:
        rounded = step_from_float(step_value(*step), tensor.dtype, bits)
        shorter = reduced_step(*rounded, tensor.dtype)
        error = _error(tensor, shorter, offset)
        if error is not None:
            return shorter, error
    return None, 0.0


def _error(tensor: Tensor, step: Step, offset: float) -> float | None:
    """Return the sum of squared errors, None where a level is not legal."""
    patterns = tensor_patterns(tensor)
    errors: list[float] = []
    for at in range(0, patterns.size, CHUNK):
        numbers = numbers_of(patterns[at : at + CHUNK], tensor)
        levels, outside = uniform.levels(numbers, step[0], step[1], offset, tensor.dtype)
        if outside:
            return None
        difference = numbers - decoded(tensor, levels, step)
        errors.append(float(np.square(difference, out=difference).sum()))
    return math.fsum(errors)


def measure(tensors: Sequence[Tensor], step: Step, offset: float) -> float:
    """Return the sum of squared errors of tensors under a step, each with what fits it."""
    return math.fsum(fitting(tensor, step, offset)[1] for tensor in tensors)


def step_for_snr(
    tensors: Sequence[Tensor],
    target: float,
    offset: float,
    *,
    signal_beside: float = 0.0,
    error_beside: float = 0.0,
) -> Step:
    """Return the largest step whose SNR lies in [target, target + 0.05] dB.

    `signal_beside`, `error_beside`: of quantised tensors that have steps of their own.
    """
    signal = signal_beside + math.fsum(signal_power(tensor) for tensor in tensors)
    count = sum(tensor_patterns(tensor).size for tensor in tensors)
    if signal == 0.0 or count == 0:
        return NO_STEP
    room = max(signal * 10 ** (-target / 10) - error_beside, signal * 1e-12)
    found, _ = search_step(
        lambda step: snr_db(signal, error_beside + measure(tensors, step, offset)),
        target,
        step_from_float(math.sqrt(12 * room / count), tensors[0].dtype),
        SLACK_DB,
    )
    return found


def step_for_bits(
    tensors: Sequence[Tensor], size_of: Callable[[Step], float], target: float, offset: float
) -> Step:
    """Return a step for which `size_of`, bits per weight of the whole stream, meets the target.

    `size_of` encodes everything, so the first guess comes from the entropy of the levels.
    """
    start = _entropy_step(tensors, target, offset)
    found, _ = search_bits(size_of, target, start, 0.02)
    return found


def _entropy_step(tensors: Sequence[Tensor], target: float, offset: float) -> Step:
    """Return the step whose levels have about the wanted entropy."""
    signal = math.fsum(signal_power(tensor) for tensor in tensors)
    count = max(1, sum(tensor_patterns(tensor).size for tensor in tensors))
    if signal == 0.0:
        return NO_STEP
    step = step_from_float(math.sqrt(signal / count), tensors[0].dtype)
    found, _ = search_bits(lambda some: _entropy(tensors, some, offset), target, step, 0.02)
    return found


def _entropy(tensors: Sequence[Tensor], step: Step, offset: float) -> float:
    """Return the mean bits of levels, from a sample, each tensor by itself."""
    bits, count = 0.0, 0
    for tensor in tensors:
        patterns = tensor_patterns(tensor)
        some = patterns[:: max(1, patterns.size // (1 << 16))]
        levels, _ = uniform.levels(
            numbers_of(some.copy(), tensor), step[0], step[1], offset, tensor.dtype
        )
        magnitude, _ = integers.levels_split(levels)
        tokens, _, widths = token_chapter.split(magnitude, Hybrid())
        mean = entropy_bits(np.bincount(tokens, minlength=256)) + np.count_nonzero(tokens)
        mean += float(widths.sum(dtype=np.int64))
        bits += mean / max(1, some.size) * patterns.size
        count += patterns.size
    return bits / max(1, count)
