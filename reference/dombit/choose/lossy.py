"""Lossy: which tensors are quantised, with which step each, and what comes of it (informative)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import step_value
from dombit.choose.budget import steps_for_bits
from dombit.choose.codings import count_weights, is_wanted, numbers_of, tensor_patterns
from dombit.choose.exceptions import OWN_DB, Lossy, OwnSteps, Rules, assign
from dombit.choose.steps import decoded_patterns, not_above
from dombit.choose.survey import CHUNK, Weights, survey
from dombit.choose.target import steps_for_snr
from dombit.dtypes import BY_NAME, elements
from dombit.predictor import Predictor
from dombit.quantization.choose import snr_db
from dombit.recipe import Recipe, Step
from dombit.records import ModelFile

SizeOf = Callable[[Lossy], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a decoder will have of the quantised tensors."""

    data: dict[int, NDArray[np.uint8]]
    """Canonical bytes by number."""
    snr_db: float | None


def decide_steps(
    model: ModelFile, recipe: Recipe, size_of: SizeOf, predictor: Predictor | None = None
) -> Lossy:
    """Choose the common step for what was asked, and the exceptions from it.

    `size_of` gives the bits per weight of the whole stream for a choice of steps. What the root
    predicts exactly is not quantised: it is copied.
    """
    wanted = [
        n
        for n in range(len(model.tensors))
        if is_wanted(model, n, recipe) and not _is_copy(model, n, predictor)
    ]
    predictions = {n: prediction_of(model, n, predictor) for n in wanted}
    surveyed = [survey(model.tensors[n], n, predictions[n]) for n in wanted]
    weights = [each for each in surveyed if each is not None]
    kept = tuple(
        f"{model.tensors[n].name}: values not finite or out of range, kept lossless"
        for n, each in zip(wanted, surveyed, strict=True)
        if each is None
    )
    if not weights:
        return Lossy(steps={}, notes=(*kept, *_nothing(recipe)))
    predicted = frozenset(each.number for each in weights if each.predicted is not None)
    lossy = _decide(
        model, weights, recipe, lambda some: size_of(replace(some, predicted=predicted))
    )
    return replace(lossy, predicted=predicted, notes=(*kept, *lossy.notes))


def prediction_of(
    model: ModelFile, number: int, predictor: Predictor | None
) -> NDArray[np.unsignedinteger[Any]] | None:
    """Return the elements of the prediction of a tensor of floats; None where it has none."""
    tensor = model.tensors[number]
    if predictor is None or predictor.numbers[number] < 0 or tensor.dtype.family != "float":
        return None
    return predictor.patterns(number, 0, elements(tensor.shape))


def _is_copy(model: ModelFile, number: int, predictor: Predictor | None) -> bool:
    if predictor is None or predictor.numbers[number] < 0:
        return False
    data = model.tensors[number].data
    return data is not None and np.array_equal(predictor.data(number), data)


def _nothing(recipe: Recipe) -> tuple[str, ...]:
    if recipe.mode == "lossless":
        return ()
    return ("no tensor can be quantised: everything is lossless",)


def _decide(model: ModelFile, weights: Sequence[Weights], recipe: Recipe, size_of: SizeOf) -> Lossy:
    """Choose the steps of tensors that can be quantised, of which there are some."""
    if recipe.mode == "snr":
        return steps_for_snr(weights, recipe.value, recipe.offset)
    if recipe.mode == "bits":
        elements = max(1, count_weights(model))
        return steps_for_bits(weights, elements, recipe.value, recipe.offset, size_of)
    return _for_step(weights, recipe)


def _for_step(weights: Sequence[Weights], recipe: Recipe) -> Lossy:
    """Give all tensors the step that was asked for, or the next smaller one that is legal."""
    common = not_above(recipe.value, BY_NAME["f64"])
    if common is None:
        return Lossy(steps={}, notes=("the step is too small: everything is lossless",))
    own = OwnSteps(db=OWN_DB, offset=recipe.offset)
    lossy = assign(weights, common, Rules(offset=recipe.offset, own=own))
    return replace(lossy, notes=(*lossy.notes, *_smaller(weights, lossy, common)))


def _smaller(weights: Sequence[Weights], lossy: Lossy, common: Step) -> tuple[str, ...]:
    """Name the tensors whose step is smaller than the common one, in one note."""
    steps = {
        each.tensor.name: step_value(*lossy.steps[each.number])
        for each in weights
        if each.number in lossy.steps and each.number not in lossy.own
    }
    names = [name for name, value in steps.items() if value < step_value(*common)]
    if not names:
        return ()
    smallest = min(steps.values())
    reason = f"smaller steps, down to {smallest:.6g}: levels would be too large for the format"
    return (f"{_listed(names)}: {reason}",)


def _listed(names: Sequence[str]) -> str:
    """Return some of several names."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def decode_lossy(
    model: ModelFile, lossy: Lossy, offset: float, predictor: Predictor | None = None
) -> Decoded:
    """Return the tensors as a decoder will have them, and the SNR over all of them."""
    data: dict[int, NDArray[np.uint8]] = {}
    signals: list[float] = []
    errors: list[float] = []
    for number, step in lossy.steps.items():
        tensor = model.tensors[number]
        patterns = tensor_patterns(tensor)
        guess = prediction_of(model, number, predictor) if number in lossy.predicted else None
        out = np.empty_like(patterns)
        for at in range(0, patterns.size, CHUNK):
            part = slice(at, at + CHUNK)
            here = patterns[part]
            there = None if guess is None else guess[part]
            numbers = numbers_of(here, tensor)
            decoded = decoded_patterns(tensor, here, there, step, offset)
            out[part] = decoded
            difference = numbers - numbers_of(decoded, tensor)
            errors.append(float(np.square(difference, out=difference).sum()))
            signals.append(float(np.square(numbers, out=numbers).sum()))
        data[number] = out.view(np.uint8)
    if not data:
        return Decoded(data={}, snr_db=None)
    return Decoded(data=data, snr_db=snr_db(math.fsum(signals), math.fsum(errors)))
