"""Differences: which tensors of a DoM are copied, predicted, coded by themselves (informative)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import step_value
from dombit.choose.codings import bits_as_float, bits_as_int, split_axes, tensor_patterns
from dombit.choose.survey import differences_of
from dombit.dtypes import DType, coded_shape
from dombit.entropy import tokens
from dombit.entropy.choose import entropy_bits
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
FEW_LEVELS = 0.02
"""Share of levels that are not 0 up to which a quantised difference is sparse."""
LANES = 12 / 700
"""Bits that the lanes of a dense segment cost an element, about."""
OVERHEAD = 400
"""Bits that a tensor alone in its group needs beside its elements."""


def choose_difference(
    tensor: Tensor, plain: TensorChoice, predictor: Predictor, quantised: frozenset[int]
) -> TensorChoice | None:
    """Return how a tensor without alias is coded beside a root; None: it is a copy.

    quantised: numbers of the tensors with a step that are differences.
    """
    if plain.step is not None:
        in_steps = plain.number in quantised
        few = in_steps and _moves_little(tensor, plain, predictor, plain.step)
        return replace(plain, predicted=in_steps, sparse=few)
    if predictor.numbers[plain.number] < 0:
        return plain
    predicted = predictor.data(plain.number)
    if tensor.data is None or np.array_equal(predicted, tensor.data):
        return None
    if tensor.dtype.family == "complex" or plain.coding == CONSTANT:
        return plain
    patterns = tensor_patterns(tensor)
    some = _blocks(patterns.size)
    here, there = patterns[some], predictor.patterns(plain.number, 0, patterns.size)[some]
    alone = WORTH * _alone(here, tensor, plain.coding)
    difference = subtract(here, there, tensor.dtype)
    where = contexts(np.full(here.size, bias_of(there, tensor)), there, tensor.dtype, 1, 2)
    dense = _dense(difference, where, tensor.dtype)
    sparse = _sparse(difference, where, tensor.dtype)
    if min(dense, sparse) + OVERHEAD / patterns.size >= alone:
        return plain
    rows, columns = split_axes(coded_shape(tensor.dtype, tensor.shape, halves=True))
    return replace(
        plain,
        coding=INT,
        predicted=True,
        sparse=sparse < dense,
        split_rows=rows,
        split_columns=columns,
    )


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
    pairs = np.bincount(where.astype(np.int64) << 8 | token, minlength=128 * 256)
    bits = sum(entropy_bits(row) for row in pairs.reshape(128, 256) if row.any())
    bits += float(widths.sum(dtype=np.int64)) + np.count_nonzero(values)
    return bits / values.size + LANES


def _sparse(difference: NDArray[Any], where: NDArray[np.uint8], dtype: DType) -> float:
    """Return the bits of an element where only changes are coded: places, signs and sizes."""
    changed = np.flatnonzero(difference)
    if dtype.bits == 64 or changed.size > MOST_CHANGED * difference.size:
        return math.inf
    values, _ = integers.int_split(difference[changed], difference_dtype(dtype))
    token, _, widths = tokens.split(values - np.uint32(1), Hybrid())
    every = np.bincount(where, minlength=128)
    some = np.bincount(where[changed], minlength=128)
    places = sum(
        entropy_bits(np.array([have, total - have]))
        for have, total in zip(some, every, strict=True)
        if total
    )
    bits = places + entropy_bits(np.bincount(token, minlength=256))
    return (bits + float(widths.sum(dtype=np.int64)) + changed.size) / difference.size


def bias_of(predicted: NDArray[Any], tensor: Tensor) -> int:
    """Return the bias that gives the greatest exponent of a tensor's prediction context 0."""
    layout = tensor.dtype.layout
    if layout is None or not predicted.size:
        return 0
    mask = (1 << layout.exponent_bits) - 1
    fields = exponents(predicted, layout)
    finite = fields[fields < mask]
    return int(finite.max()) if finite.size else mask
