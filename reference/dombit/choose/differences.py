"""Differences: which tensors of a DoM are copied, predicted, coded by themselves (informative)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import step_value, to_float64
from dombit.choose.codings import bits_as_float, bits_as_int, split_axes, tensor_patterns
from dombit.dtypes import coded_shape
from dombit.entropy import tokens
from dombit.entropy.choose import entropy_bits
from dombit.limits import LEVELS
from dombit.prediction.contexts import contexts
from dombit.prediction.differences import difference_dtype, finite_values, subtract
from dombit.predictor import Predictor
from dombit.quantization import integers
from dombit.recipe import TensorChoice
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
        few = in_steps and _moves_little(tensor, plain, predictor)
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
    dense = _dense(here, there, tensor)
    sparse = _sparse(here, there, tensor)
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


def _moves_little(tensor: Tensor, plain: TensorChoice, predictor: Predictor) -> bool:
    """Whether few levels of a quantised difference are not 0."""
    if plain.step is None:
        return False
    patterns = tensor_patterns(tensor)
    some = _blocks(patterns.size)
    there = predictor.patterns(plain.number, 0, patterns.size)[some]
    numbers = to_float64(patterns[some], tensor.dtype) - finite_values(there, tensor.dtype)
    moved = np.count_nonzero(np.abs(numbers) > step_value(*plain.step) / 2)
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


def _dense(patterns: NDArray[Any], predicted: NDArray[Any], tensor: Tensor) -> float:
    """Return the bits of an element as a dense difference, under the contexts of its root."""
    dtype = tensor.dtype
    difference = subtract(patterns, predicted, dtype)
    if dtype.bits == 64:
        return bits_as_int(difference, difference_dtype(dtype))
    values, _ = integers.int_split(difference, difference_dtype(dtype))
    token, _, widths = tokens.split(values, Hybrid())
    where = contexts(np.full(values.size, bias_of(predicted, tensor)), predicted, dtype, 1, 2)
    pairs = np.bincount(where.astype(np.int64) << 8 | token, minlength=128 * 256)
    bits = sum(entropy_bits(row) for row in pairs.reshape(128, 256) if row.any())
    bits += float(widths.sum(dtype=np.int64)) + np.count_nonzero(values)
    return bits / values.size + LANES


def _sparse(patterns: NDArray[Any], predicted: NDArray[Any], tensor: Tensor) -> float:
    """Return the bits of an element where only changes are coded: places, signs and sizes."""
    dtype = tensor.dtype
    if dtype.bits == 64:
        return math.inf
    changed = np.flatnonzero(patterns != predicted)
    share = changed.size / patterns.size
    if share > MOST_CHANGED:
        return math.inf
    difference = subtract(patterns[changed], predicted[changed], dtype)
    values, _ = integers.int_split(difference, difference_dtype(dtype))
    token, _, widths = tokens.split(values - np.uint32(1), Hybrid())
    where = contexts(np.full(patterns.size, bias_of(predicted, tensor)), predicted, dtype, 1, 2)
    every = np.bincount(where, minlength=128)
    some = np.bincount(where[changed], minlength=128)
    places = sum(
        entropy_bits(np.array([have, total - have]))
        for have, total in zip(some, every, strict=True)
        if total
    )
    bits = places + entropy_bits(np.bincount(token, minlength=256))
    return (bits + float(widths.sum(dtype=np.int64)) + changed.size) / patterns.size


def bias_of(predicted: NDArray[Any], tensor: Tensor) -> int:
    """Return the bias that gives the greatest exponent of a tensor's prediction context 0."""
    layout = tensor.dtype.layout
    if layout is None or not predicted.size:
        return 0
    mask = (1 << layout.exponent_bits) - 1
    exponents = predicted >> predicted.dtype.type(layout.mantissa_bits) & predicted.dtype.type(mask)
    finite = exponents[exponents < mask]
    return int(finite.max()) if finite.size else mask
