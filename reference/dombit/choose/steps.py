"""Steps: the one step of a lossy stream, searched for a target (informative)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import step_from_float, step_value, to_float64
from dombit.choose.codings import numbers_of, signal_power, tensor_patterns
from dombit.entropy import tokens as token_chapter
from dombit.entropy.choose import entropy_bits
from dombit.quantization import integers, uniform
from dombit.quantization.choose import search_bits, search_step, snr_db
from dombit.recipe import Step
from dombit.records import Hybrid, Tensor

CHUNK = 1 << 20
SLACK_DB = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """What a step does to tensors."""

    error: float
    """Sum of squared errors of the decoded values."""
    clipped: frozenset[int]
    """Places of tensors whose levels the step rule does not allow."""


def decoded(tensor: Tensor, levels: NDArray[np.int32], step: Step) -> NDArray[np.float64]:
    """Return the values that a decoder gets from levels, in fp64."""
    patterns = uniform.values(levels.astype(np.int64), step[0], step[1], tensor.dtype)
    if tensor.dtype.family == "float":
        return to_float64(patterns, tensor.dtype)
    return numbers_of(patterns, tensor)


def measure(tensors: Sequence[Tensor], step: Step, offset: float) -> Quantized:
    """Quantise tensors with a step and sum the squared errors."""
    errors: list[float] = []
    clipped = set()
    for place, tensor in enumerate(tensors):
        patterns = tensor_patterns(tensor)
        for at in range(0, patterns.size, CHUNK):
            numbers = numbers_of(patterns[at : at + CHUNK], tensor)
            levels, outside = uniform.levels(numbers, step[0], step[1], offset, tensor.dtype)
            if outside:
                clipped.add(place)
                break
            difference = numbers - decoded(tensor, levels, step)
            errors.append(float(np.square(difference, out=difference).sum()))
    return Quantized(error=math.fsum(errors), clipped=frozenset(clipped))


def step_for_snr(tensors: Sequence[Tensor], target: float, offset: float) -> Step:
    """Return the largest step whose SNR lies in [target, target + 0.05] dB."""
    signal = math.fsum(signal_power(tensor) for tensor in tensors)
    count = sum(tensor_patterns(tensor).size for tensor in tensors)
    if signal == 0.0 or count == 0:
        return 2048, -20
    guess = math.sqrt(12 * signal / count * 10 ** (-target / 10))
    start = step_from_float(guess, tensors[0].dtype)
    found, _ = search_step(
        lambda step: snr_db(signal, measure(tensors, step, offset).error),
        target,
        start,
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
        return 2048, -20
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


def step_number(step: Step) -> float:
    """Return the value of a step."""
    return step_value(*step)
