"""Lossy: which tensors are quantised, and with which step each (informative)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import reduced_step, step_from_float
from dombit.choose import steps as step_search
from dombit.choose.codings import is_lossy, numbers_of, signal_power, tensor_patterns
from dombit.quantization import uniform
from dombit.quantization.choose import snr_db
from dombit.recipe import Recipe, Step
from dombit.records import ModelFile, Tensor

ERASED_BELOW_DB = 3.0
"""A tensor that the common step would leave below this SNR counts as erased."""
ERASED_DB = 10.0
"""SNR that a tensor gets that the common step would erase."""
FEWER_BITS = (8, 4, 1)
"""Mantissa bits that are tried where the step rule forbids the levels of 12 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lossy:
    """The step of each tensor that is quantised, by number."""

    steps: dict[int, Step]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a decoder will have of the quantised tensors."""

    data: dict[int, NDArray[np.uint8]]
    """Canonical bytes by number."""
    snr_db: float | None


def decide_steps(model: ModelFile, recipe: Recipe, size_of: Callable[[Lossy], float]) -> Lossy:
    """Choose the common step for the target, and the exceptions from it.

    `size_of` gives the bits per weight of the whole stream for a choice of steps.
    """
    numbers = [n for n in range(len(model.tensors)) if is_lossy(model, n, recipe)]
    if not numbers:
        return Lossy(steps={}, notes=_nothing(recipe))
    tensors = [model.tensors[number] for number in numbers]
    if recipe.mode == "step":
        step = step_from_float(recipe.value, tensors[0].dtype)
    elif recipe.mode == "snr":
        step = step_search.step_for_snr(tensors, recipe.value, recipe.offset)
    else:
        step = step_search.step_for_bits(
            tensors,
            lambda some: size_of(_exceptions(model, numbers, some, recipe)),
            recipe.value,
            recipe.offset,
        )
    return _exceptions(model, numbers, step, recipe)


def _nothing(recipe: Recipe) -> tuple[str, ...]:
    if recipe.mode == "lossless":
        return ()
    return ("no tensor can be quantised: everything is lossless",)


def _exceptions(model: ModelFile, numbers: list[int], step: Step, recipe: Recipe) -> Lossy:
    """Give tensors a step of their own that the common one would erase or cannot carry."""
    steps: dict[int, Step] = {}
    notes: list[str] = []
    for number in numbers:
        tensor = model.tensors[number]
        own = _usable(tensor, step, recipe.offset)
        if own is None:
            notes.append(f"{tensor.name}: values too large for the step, kept lossless")
        elif _erased(tensor, own, recipe):
            steps[number] = step_search.step_for_snr([tensor], ERASED_DB, recipe.offset)
            notes.append(f"{tensor.name}: the common step would erase it, own step used")
        else:
            steps[number] = own
    return Lossy(steps=steps, notes=tuple(notes))


def _usable(tensor: Tensor, step: Step, offset: float) -> Step | None:
    """Return the step, or the nearest one of a shorter mantissa whose levels are allowed."""
    if not step_search.measure([tensor], step, offset).clipped:
        return step
    for bits in FEWER_BITS:
        number = step_search.step_number(step)
        shorter = reduced_step(*step_from_float(number, tensor.dtype, bits), tensor.dtype)
        if not step_search.measure([tensor], shorter, offset).clipped:
            return shorter
    return None


def _erased(tensor: Tensor, step: Step, recipe: Recipe) -> bool:
    """Whether a step leaves little of a tensor, although the rate asked for is not that low."""
    signal = signal_power(tensor)
    error = step_search.measure([tensor], step, recipe.offset).error
    low_rate = recipe.mode == "snr" and recipe.value < ERASED_DB
    return snr_db(signal, error) < (0.1 if low_rate else ERASED_BELOW_DB) and signal > 0.0


def levels_of(
    tensor: Tensor, step: Step, offset: float, first: int, count: int
) -> NDArray[np.int32]:
    """Return the levels of some elements of a tensor."""
    numbers = numbers_of(tensor_patterns(tensor)[first : first + count], tensor)
    levels, _ = uniform.levels(numbers, step[0], step[1], offset, tensor.dtype)
    return levels


def decode_lossy(model: ModelFile, lossy: Lossy, offset: float) -> Decoded:
    """Return the tensors as a decoder will have them, and the SNR over all of them."""
    data: dict[int, NDArray[np.uint8]] = {}
    errors: list[float] = []
    for number, step in lossy.steps.items():
        tensor = model.tensors[number]
        patterns = tensor_patterns(tensor)
        out = np.empty_like(patterns)
        for at in range(0, patterns.size, step_search.CHUNK):
            some = patterns[at : at + step_search.CHUNK]
            levels = levels_of(tensor, step, offset, at, some.size)
            decoded = uniform.values(levels.astype(np.int64), *step, tensor.dtype)
            out[at : at + some.size] = decoded
            difference = numbers_of(some, tensor) - numbers_of(decoded, tensor)
            errors.append(float(np.square(difference).sum()))
        data[number] = out.view(np.uint8)
    if not data:
        return Decoded(data={}, snr_db=None)
    signal = math.fsum(signal_power(model.tensors[number]) for number in data)
    return Decoded(data=data, snr_db=snr_db(signal, math.fsum(errors)))
