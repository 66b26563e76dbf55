"""Lossy: which tensors are quantised, and with which step each (informative)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import step_from_float
from dombit.choose import steps as step_search
from dombit.choose.codings import is_finite, is_wanted, numbers_of, signal_power, tensor_patterns
from dombit.quantization import uniform
from dombit.quantization.choose import snr_db
from dombit.recipe import Recipe, Step
from dombit.records import ModelFile, Tensor

ERASED_BELOW_DB = 3.0
"""A tensor that the common step would leave below this SNR counts as erased."""
ERASED_DB = 10.0
"""SNR that a tensor gets that the common step would erase."""
ERASED_BITS = 2.0
"""Bits a weight that it costs, about: below this rate few tensors can have it."""
MOST_ROUNDS = 8
"""Rounds of search, each of which gives more tensors steps of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lossy:
    """The step of each tensor that is quantised, by number."""

    steps: dict[int, Step]
    notes: tuple[str, ...] = ()
    erased: frozenset[int] = frozenset()
    """Those that have a step of their own because the common one would erase them."""


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
    wanted = [n for n in range(len(model.tensors)) if is_wanted(model, n, recipe)]
    numbers = [n for n in wanted if is_finite(model.tensors[n])]
    kept = [
        f"{model.tensors[n].name}: values not finite or out of range, kept lossless"
        for n in wanted
        if n not in numbers
    ]
    if not numbers:
        return Lossy(steps={}, notes=(*kept, *_nothing(recipe)))
    lossy = _decide(model, numbers, recipe, size_of)
    return replace(lossy, notes=(*kept, *lossy.notes))


def _decide(
    model: ModelFile, numbers: list[int], recipe: Recipe, size_of: Callable[[Lossy], float]
) -> Lossy:
    """Choose the steps of tensors that can be quantised, of which there are some."""
    tensors = [model.tensors[number] for number in numbers]
    if recipe.mode == "step":
        step = step_from_float(recipe.value, tensors[0].dtype)
    elif recipe.mode == "snr":
        return _for_snr(model, numbers, recipe)
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


def _for_snr(model: ModelFile, numbers: list[int], recipe: Recipe) -> Lossy:
    """Choose steps for a target over all quantised tensors, those with own steps included.

    An own step makes room for a larger common one, which may erase more: so several rounds.
    """
    own: dict[int, Step] = {}
    notes: list[str] = []
    lossy = Lossy(steps={})
    for _ in range(MOST_ROUNDS):
        beside = [step_search.fitting(model.tensors[n], own[n], recipe.offset)[1] for n in own]
        step = step_search.step_for_snr(
            [model.tensors[n] for n in numbers if n not in own],
            recipe.value,
            recipe.offset,
            signal_beside=math.fsum(signal_power(model.tensors[n]) for n in own),
            error_beside=math.fsum(beside),
        )
        lossy = _exceptions(model, [n for n in numbers if n not in own], step, recipe)
        notes += lossy.notes
        lossless = set(numbers) - set(lossy.steps) - set(own)
        own.update({n: own_step for n, own_step in lossy.steps.items() if n in lossy.erased})
        numbers = [n for n in numbers if n not in lossless]
        if not lossy.erased and not lossless:
            break
    return Lossy(
        steps={**{n: lossy.steps[n] for n in numbers if n not in own}, **own}, notes=tuple(notes)
    )


def _exceptions(model: ModelFile, numbers: list[int], step: Step, recipe: Recipe) -> Lossy:
    """Give tensors a step of their own that the common one would erase or cannot carry."""
    steps: dict[int, Step] = {}
    notes: list[str] = []
    erased: set[int] = set()
    for number in numbers:
        tensor = model.tensors[number]
        fitting, error = step_search.fitting(tensor, step, recipe.offset)
        if fitting is None:
            notes.append(f"{tensor.name}: values too large for the step, kept lossless")
        elif _erased(tensor, error, recipe):
            own = step_search.step_for_snr([tensor], ERASED_DB, recipe.offset)
            left = step_search.fitting(tensor, own, recipe.offset)[1]
            if snr_db(signal_power(tensor), left) < ERASED_BELOW_DB:
                notes.append(f"{tensor.name}: values too small for any own step, kept lossless")
                continue
            steps[number] = own
            erased.add(number)
            notes.append(f"{tensor.name}: the common step would erase it, own step used")
        else:
            steps[number] = fitting
    return Lossy(steps=steps, notes=tuple(notes), erased=frozenset(erased))


def _erased(tensor: Tensor, error: float, recipe: Recipe) -> bool:
    """Whether little of a tensor is left, although the rate asked for is not that low."""
    signal = signal_power(tensor)
    cost = {"snr": ERASED_DB, "bits": ERASED_BITS}
    low_rate = recipe.value < cost.get(recipe.mode, 0.0)
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
