"""Codings: which coding and which axis groups each tensor gets (informative)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import to_float64
from dombit.dtypes import DType, coded_shape, elements
from dombit.elements import patterns_of
from dombit.entropy import tokens as token_chapter
from dombit.entropy.choose import entropy_bits
from dombit.quantization import exact, integers
from dombit.quantization.choose import exponent_histogram, pick_exponent_window
from dombit.recipe import Recipe, Step, TensorChoice
from dombit.records import CONSTANT, FLOAT, INT, STORED, UNIFORM, Hybrid, ModelFile, Tensor

SAMPLE = 1 << 20
"""Elements of a tensor that are looked at where an estimate is enough."""
WORTH = 0.985
"""A coding has to save more than this to be taken instead of stored bytes."""


def count_weights(model: ModelFile) -> int:
    """Return the number of float elements of a model."""
    return sum(
        elements(tensor.shape)
        for tensor in model.tensors
        if tensor.dtype.layout is not None and not tensor.hidden
    )


def is_wanted(model: ModelFile, number: int, recipe: Recipe) -> bool:
    """Whether a tensor is to be quantised if its values allow it."""
    tensor = model.tensors[number]
    if recipe.mode == "lossless" or tensor.data is None or tensor.hidden:
        return False
    if number in model.pinned or (number in model.optimiser and not recipe.all_tensors):
        return False
    if tensor.dtype.bits < 8 or tensor.dtype.family in ("complex", "bits") or tensor.data.size == 0:
        return False
    if tensor.dtype.family != "float":
        return recipe.all_tensors
    return recipe.all_tensors or len([size for size in tensor.shape if size > 1]) >= 2


def tensor_patterns(tensor: Tensor) -> NDArray[np.unsignedinteger[Any]]:
    """Return the elements of a tensor that has data."""
    data = tensor.data if tensor.data is not None else np.zeros(0, np.uint8)
    return patterns_of(data, tensor.dtype, tensor.shape)


def choose_coding(
    tensor: Tensor, number: int, step: Step | None, level_tokens: int
) -> TensorChoice:
    """Return the coding of a tensor and its axis groups; with a step it is quantised."""
    patterns = tensor_patterns(tensor)
    if patterns.size == 0:
        return TensorChoice(number=number, coding=STORED)
    if step is None and _is_constant(patterns, tensor):
        return TensorChoice(number=number, coding=CONSTANT)
    if step is not None:
        coding = UNIFORM
    elif tensor.dtype.layout is not None:
        coding = FLOAT if _float_pays(patterns, tensor, level_tokens) else STORED
    else:
        coding = INT if _int_pays(patterns, tensor) else STORED
    rows, columns = split_axes(coded_shape(tensor.dtype, tensor.shape, halves=coding == INT))
    return TensorChoice(
        number=number, coding=coding, split_rows=rows, split_columns=columns, step=step
    )


def _is_constant(patterns: NDArray[np.unsignedinteger[Any]], tensor: Tensor) -> bool:
    if tensor.dtype.family == "complex":
        return False
    first = patterns[0]
    return bool((patterns[: 1 << 12] == first).all()) and bool((patterns == first).all())


def split_axes(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (split_rows, split_columns): rows, columns, and what varies fastest in a kernel.

    A tensor with one axis of more than one element is one row, so that raw fields are not
    aligned to a byte at each element.
    """
    wide = [axis for axis, size in enumerate(shape) if size > 1]
    if len(wide) < 2:
        return 0, len(shape)
    rows = wide[0] + 1
    return rows, (wide[1] + 1 if len(wide) > 2 else len(shape))


# --------------------------------------------------------------------------------- is it worth it


def _sample(patterns: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.unsignedinteger[Any]]:
    if patterns.size <= SAMPLE:
        return patterns
    return patterns[:: patterns.size // SAMPLE + 1].copy()


def _float_pays(
    patterns: NDArray[np.unsignedinteger[Any]], tensor: Tensor, level_tokens: int
) -> bool:
    return bits_as_float(patterns, tensor, level_tokens) < WORTH * tensor.dtype.part_bits


def bits_as_float(
    patterns: NDArray[np.unsignedinteger[Any]], tensor: Tensor, level_tokens: int
) -> float:
    """Return the bits of an element in the float coding, by the entropy of tokens; no contexts."""
    layout = tensor.dtype.layout
    if layout is None:
        return math.inf
    some = _sample(patterns)
    first, count = pick_exponent_window(exponent_histogram(some, layout), (level_tokens - 2) // 4)
    zeros = int(exact.low_zeros(some.reshape(1, -1), layout)[0])
    symbols = exact.float_split(some, zeros, layout, first, count)
    bits = entropy_bits(np.bincount(symbols.tokens, minlength=256))
    bits += int(symbols.side_widths.sum(dtype=np.int64))
    bits += symbols.raw.size * exact.raw_width(layout, zeros)
    return bits / some.size


def _int_pays(patterns: NDArray[np.unsignedinteger[Any]], tensor: Tensor) -> bool:
    return bits_as_int(patterns, tensor.dtype) < WORTH * tensor.dtype.bits


def bits_as_int(patterns: NDArray[np.unsignedinteger[Any]], dtype: DType) -> float:
    """Return the bits of an element in the integer coding, by the entropy of its tokens."""
    some = _sample(patterns)
    values, negative = integers.int_split(some, dtype)
    token, _, widths = token_chapter.split(values, Hybrid())
    groups = 2 if dtype.bits == 64 else 1
    bits = float(widths.sum(dtype=np.int64))
    for place in range(groups):
        bits += entropy_bits(np.bincount(token[place::groups], minlength=256))
    if negative is not None:
        bits += np.count_nonzero(values)
    return bits / some.size


def numbers_of(patterns: NDArray[np.unsignedinteger[Any]], tensor: Tensor) -> NDArray[np.float64]:
    """Return the values of elements in fp64 (exact but for 64-bit integers)."""
    return to_float64(patterns, tensor.dtype)
