"""Classes: an integer for each row, column and kernel place, so that contexts are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.choose import entropy_bits
from dombit.entropy.contexts import dense_tables
from dombit.symbols import Classes

RESOLUTION = 2
"""Classes to an octave."""
AXES = (0, 1, 3, 2, 7)
"""Combinations of axis groups that are tried: none, rows, rows and columns, columns, all."""
BLOCKS, BLOCK = 16, 1 << 15
"""What is looked at of a large tensor to price its contexts."""
ORIGIN = 32
"""Context of a mean magnitude of one."""
_PLAIN = np.arange(64, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Sizes of the elements of a tensor [A, B, C]: exponents, or magnitudes."""

    values: NDArray[Any]
    exponents: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChoice:
    """Class vectors of one tensor."""

    axes: int = 0
    """Bit mask, as in the group's columns."""
    classes: Classes = (None, None, None)
    bias: int = 0


def choose_classes(sizes: Sizes, tokens: NDArray[np.uint8]) -> ClassChoice:
    """Return the class vectors that make the tokens [A * B * C] cheapest."""
    shape = sizes.values.shape
    wide = sum(1 << axis for axis in range(3) if shape[axis] > 1)
    options = [fit(sizes, axes) for axes in AXES if axes & wide == axes]
    if len(options) == 1:
        return options[0]
    costs = [cost(option, shape, tokens) for option in options]
    return options[int(np.argmin(costs))]


def fit(sizes: Sizes, axes: int) -> ClassChoice:
    """Fit additive classes to the mean sizes along the chosen axis groups."""
    total = _octaves(sizes, None)
    offset = RESOLUTION * float(total[0]) + (0 if sizes.exponents else ORIGIN)
    classes: list[NDArray[np.uint8] | None] = [None, None, None]
    for axis in range(3):
        if axes >> axis & 1:
            steps = np.rint(RESOLUTION * (_octaves(sizes, axis) - total)).astype(np.int64)
            lowest = int(steps.min())
            classes[axis] = np.minimum(steps - lowest, 63).astype(np.uint8)
            offset += lowest
    a, b, c = classes
    return ClassChoice(axes=axes, classes=(a, b, c), bias=int(np.clip(np.rint(offset), -256, 255)))


def _octaves(sizes: Sizes, axis: int | None) -> NDArray[np.float64]:
    """Return the mean size along one axis group (or over all), in octaves.

    Sums are of integers, so that every machine finds the same classes.
    """
    values = sizes.values
    others = tuple(other for other in range(3) if other != axis)
    count = values.size // (values.shape[axis] if axis is not None else 1)
    sums = np.atleast_1d(values.sum(axis=others, dtype=np.int64)).astype(np.float64)
    if sizes.exponents:
        return sums / count
    return np.log2((sums + 0.25) / count)


def cost(option: ClassChoice, shape: tuple[int, ...], tokens: NDArray[np.uint8]) -> float:
    """Return the bits of tokens in the contexts of a choice, and of its class vectors."""
    bits = 0.0
    for vector in option.classes:
        if vector is not None:
            bits += entropy_bits(np.bincount(vector, minlength=64)) + 40
    histograms = np.zeros((64, 256), np.int64)
    blocks = [(0, tokens.size)]
    if tokens.size > BLOCKS * BLOCK:
        blocks = [(tokens.size * block // BLOCKS, BLOCK) for block in range(BLOCKS)]
    for first, count in blocks:
        histograms += histogram(option, shape, tokens, first, count)
    seen = sum(count for _, count in blocks)
    return bits + tokens.size / seen * sum(entropy_bits(row) for row in histograms if row.any())


def histogram(
    option: ClassChoice, shape: tuple[int, ...], tokens: NDArray[np.uint8], first: int, count: int
) -> NDArray[np.int64]:
    """Return how often each token occurs in each context, [64, 256]."""
    out = np.zeros(64 * 256, np.int64)
    a, b, c = shape
    for at in range(first, first + count, 1 << 20):
        size = min(1 << 20, first + count - at)
        contexts = dense_tables((a, b, c), option.classes, option.bias, _PLAIN, at, size)
        pairs = contexts.astype(np.int64) << 8 | tokens[at : at + size]
        out += np.bincount(pairs, minlength=64 * 256)
    return out.reshape(64, 256)
