"""Differences: which tensors of a DoM are copied, predicted, coded by themselves (informative)."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import step_value
from dombit.choose.codings import bits_as_float, bits_as_int, split_axes, tensor_patterns
from dombit.choose.survey import differences_of
from dombit.dtypes import DType, coded_shape
from dombit.entropy import tokens
from dombit.entropy.choose import entropies_of
from dombit.limits import LEVELS
from dombit.prediction.contexts import contexts, exponents
from dombit.prediction.differences import difference_dtype, subtract
from dombit.predictor import Predictor
from dombit.quantization import integers
from dombit.recipe import Step, TensorChoice
from dombit.records import CONSTANT, FLOAT, INT, STORED, Hybrid, Tensor

SAMPLE = 1 << 18
"""Elements of a tensor that an estimate looks at."""
WORTH = 0.99
"""A difference has to cost less than this share of coding the tensor by itself."""
MOST_CHANGED = 0.5
"""Share of changed elements up to which sparse segments are tried."""
BETTER = 0.995
"""Sparse segments have to cost less than this share of dense ones: estimates are not exact."""
COMPANY = 4000
"""Bits of a group of its own for some tensors of a family, about."""
FEW_LEVELS = 0.02
"""Share of levels that are not 0 up to which a quantised difference is sparse."""
LANES = 12 / 700
"""Bits that the lanes of a dense segment cost an element, about."""
OVERHEAD = 400
"""Bits that a tensor alone in its group needs beside its elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a tensor is coded beside a root."""

    choice: TensorChoice | None
    """None: it is a copy."""
    spared: float = math.nan
    """Bits that sparse segments spare a difference, about; NaN: there is nothing to choose."""


def choose_difference(
    tensor: Tensor, plain: TensorChoice, predictor: Predictor, quantised: frozenset[int]
) -> Verdict:
    """Return how a tensor without alias is coded beside a root.

    quantised: numbers of the tensors with a step that are differences.
    """
    if plain.step is not None:
        in_steps = plain.number in quantised
        few = in_steps and _moves_little(tensor, plain, predictor, plain.step)
        return Verdict(choice=replace(plain, predicted=in_steps, sparse=few))
    if predictor.numbers[plain.number] < 0:
        return Verdict(choice=plain)
    predicted = predictor.data(plain.number)
    if tensor.data is None or np.array_equal(predicted, tensor.data):
        return Verdict(choice=None)
    if tensor.dtype.family == "complex" or plain.coding == CONSTANT:
        return Verdict(choice=plain)
    patterns = tensor_patterns(tensor)
    some = _blocks(patterns.size)
    here, there = patterns[some], predictor.patterns(plain.number, 0, patterns.size)[some]
    alone = WORTH * _alone(here, tensor, plain.coding)
    difference = subtract(here, there, tensor.dtype)
    where = contexts(np.full(here.size, bias_of(there, tensor)), there, tensor.dtype, 1, 2)
    dense = _dense(difference, where, tensor.dtype)
    sparse = _sparse(difference, where, tensor.dtype)
    if min(dense, sparse) + OVERHEAD / patterns.size >= alone:
        return Verdict(choice=plain)
    rows, columns = split_axes(coded_shape(tensor.dtype, tensor.shape, halves=True))
    spared = (BETTER * dense - sparse) * patterns.size
    choice = replace(plain, coding=INT, predicted=True, split_rows=rows, split_columns=columns)
    return Verdict(choice=replace(choice, sparse=spared > 0), spared=spared)


def in_company(
    verdicts: Sequence[Verdict], families: Sequence[Hashable]
) -> list[TensorChoice | None]:
    """Return the choices, those of a family dense or sparse alike where little speaks against it.

    families: of each tensor, which could share a group if they were alike.
    """
    sums: dict[Hashable, list[float]] = {}
    for verdict, family in zip(verdicts, families, strict=True):
        if not math.isnan(verdict.spared):
            both = sums.setdefault(family, [0.0, 0.0])
            both[int(verdict.spared > 0)] += abs(verdict.spared)
    choices: list[TensorChoice | None] = []
    for verdict, family in zip(verdicts, families, strict=True):
        choice = verdict.choice
        if choice is not None and not math.isnan(verdict.spared):
            dense, sparse = sums[family]
            if min(dense, sparse) < COMPANY:
                choice = replace(choice, sparse=sparse > dense)
        choices.append(choice)
    return choices


def _moves_little(tensor: Tensor, plain: TensorChoice, predictor: Predictor, step: Step) -> bool:
    """Whether few levels of a quantised difference are not 0."""
    patterns = tensor_patterns(tensor)
    some = _blocks(patterns.size)
    there = predictor.patterns(plain.number, 0, patterns.size)[some]
    numbers = differences_of(tensor, patterns[some], there)
    moved = np.count_nonzero(np.abs(numbers) > step_value(*step) / 2)
    return bool(moved < FEW_LEVELS * numbers.size)


def _blocks(size: int) -> NDArray[np.int64] | slice:
    """Return which elements to look at: all, or blocks spread over the tensor."""
    if size <= SAMPLE:
        return slice(None)
    starts = np.linspace(0, size - SAMPLE // 16, 16).astype(np.int64)
    return (starts[:, None] + np.arange(SAMPLE // 16)).reshape(-1)


def _alone(patterns: NDArray[Any], tensor: Tensor, coding: int) -> float:
    """Return the bits of an element of a tensor that is coded by itself."""
    if coding == STORED:
        return float(tensor.dtype.bits)
    if coding == FLOAT:
        return bits_as_float(patterns, tensor, LEVELS[1].tokens)
    return bits_as_int(patterns, tensor.dtype)


def _dense(difference: NDArray[Any], where: NDArray[np.uint8], dtype: DType) -> float:
    """Return the bits of an element as a dense difference, under the contexts of its root."""
    if dtype.bits == 64:
        return bits_as_int(difference, difference_dtype(dtype))
    values, _ = integers.int_split(difference, difference_dtype(dtype))
    token, _, widths = tokens.split(values, Hybrid())
    bits = _tokens_bits(token, where)
    bits += float(widths.sum(dtype=np.int64)) + np.count_nonzero(values)
    return bits / values.size + LANES


def _sparse(difference: NDArray[Any], where: NDArray[np.uint8], dtype: DType) -> float:
    """Return the bits of an element where only changes are coded: places, signs and sizes."""
    changed = np.flatnonzero(difference)
    if dtype.bits == 64 or changed.size > MOST_CHANGED * difference.size:
        return math.inf
    values, _ = integers.int_split(difference[changed], difference_dtype(dtype))
    token, _, widths = tokens.split(values - np.uint32(1), Hybrid())
    bits = _tokens_bits((difference != 0).astype(np.uint8), where)
    bits += _tokens_bits(token, where[changed])
    bits += float(widths.sum(dtype=np.int64)) + changed.size * (1 + 2 * LANES)
    return bits / difference.size


def _tokens_bits(token: NDArray[np.uint8], where: NDArray[np.uint8]) -> float:
    """Return the bits of tokens [n], with a table of its own for each context."""
    width = int(token.max(initial=0)) + 1
    pairs = where.astype(np.intp) * width + token
    counts = np.bincount(pairs, minlength=(int(where.max(initial=0)) + 1) * width)
    return float(entropies_of(counts.reshape(-1, width)).sum())


def bias_of(predicted: NDArray[Any], tensor: Tensor) -> int:
    """Return the bias that gives the greatest exponent of a tensor's prediction context 0."""
    layout = tensor.dtype.layout
    if layout is None or not predicted.size:
        return 0
    mask = (1 << layout.exponent_bits) - 1
    fields = exponents(predicted, layout)
    finite = fields[fields < mask]
    return int(finite.max()) if finite.size else mask
