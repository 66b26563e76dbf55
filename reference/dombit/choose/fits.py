"""Fits: class vectors from the mean sizes of differences along rows and columns (informative)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import RESOLUTION
from dombit.choose.hybrids import FINE
from dombit.choose.looks import CONTEXTS, Look, Parts
from dombit.choose.stacks import StackChoice, settle
from dombit.entropy import tokens

WEIGHT = 24
"""Logarithm of the weight of the largest size."""
STEEPEST = 127
"""Quarter octaves of a weight below which a size has none."""
NEVER = 1 << 61
"""More than any sum of weights."""
FEW = 8
"""An axis has classes only where each stands for so many elements at least."""
USUAL = 99
"""Percent of the changed elements whose magnitudes the contexts are to tell apart."""


def _halves() -> NDArray[np.int16]:
    """Return the size of what each fine token means, in half octaves, [256]."""
    fine = tokens.meaning_of(FINE)
    middle = fine.base.astype(np.float64) + np.exp2(fine.width + FINE.lsb - 1.0) - 0.5
    halves: NDArray[np.int16] = np.rint(2 * np.log2(np.maximum(middle, 1))).astype(np.int16)
    return halves


HALVES = _halves()
WEIGHTS = np.rint(np.exp2(WEIGHT - np.arange(STEEPEST + 1) / 4)).astype(np.int64)
WEIGHTS[STEEPEST] = 0
"""[quarter octaves below the largest] square roots of sizes: between mean and mean of logarithms.

Means follow the few large ones, means of logarithms the many that hardly change: both start
refinement further from where it ends. As integers, so that every machine finds the same sums.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """Mean sizes of the differences of T tensors in octaves: all, and along each axis group."""

    total: NDArray[np.float64]
    """[T]"""
    axes: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    """[T, n] each"""


def mean_of(parts: Parts, scale: int) -> Mean:
    """Return the mean sizes of tensors: of magnitudes, with a scale times 2^exponent."""
    total, rows = _octaves(parts.across, (None, 0), scale)
    columns, third = _octaves(parts.along, (1, 2), scale)
    return Mean(total=total[:, 0], axes=(rows, columns, third))


def _octaves(look: Look, axes: tuple[int | None, ...], scale: int) -> Iterator[NDArray[np.float64]]:
    """Yield the mean sizes [T, n] along each of the axis groups (None: over all), in octaves."""
    halves = HALVES[look.tokens]
    if scale:
        halves += np.int16(2) * look.exponents
    halves[look.tokens == 0] = -STEEPEST
    top = halves.max(axis=(1, 2), initial=0)
    weights = WEIGHTS[np.minimum(top[:, None, None] - halves, STEEPEST)]
    weights = weights.reshape(*look.tokens.shape[:2], *_inner_shape(look))
    for axis in axes:
        others = tuple(other + 1 for other in range(3) if other != axis)
        sums = weights.sum(axis=others).reshape(top.size, -1)
        least = sums.min(axis=1, initial=2 * NEVER, where=sums > 0)
        floor = np.where(least < 2 * NEVER, least // 2 + 1, 1)[:, None]
        count = weights[0].size // sums.shape[1]
        octaves: NDArray[np.float64] = np.log2(np.maximum(sums, floor) / count)
        yield 2 * (octaves - WEIGHT) + top[:, None] / 2


def _inner_shape(look: Look) -> tuple[int, int]:
    """Return the shape of the places in a row: all of them, or a list."""
    whole = look.inner.size == look.shape[1] * look.shape[2]
    return look.shape[1:] if whole else (look.inner.size, 1)


def resolution(scale: int) -> int:
    """Return the classes to an octave: as many as contexts to an exponent."""
    return scale or RESOLUTION


def origin_of(looks: Sequence[Parts], scale: int) -> int:
    """Return the context of a mean size of one, so that usual sizes have the contexts above it."""
    counts = np.zeros(256, np.int64)
    for look in looks:
        counts += np.bincount(look.between.tokens.reshape(-1), minlength=256)
    below = np.cumsum(counts[1:])
    usual = int(np.searchsorted(below, below[-1] * USUAL // 100)) + 1
    return max(0, CONTEXTS - 1 - int(HALVES[min(usual, 255)]) * resolution(scale) // 2)


def fit(mean: Mean, axes: int, scale: int, origin: int) -> StackChoice:
    """Return the classes along the chosen axis groups that follow the mean sizes."""
    step = resolution(scale)
    bias = origin + np.rint(step * mean.total).astype(np.int64)
    classes: list[NDArray[np.int64] | None] = [None, None, None]
    for axis in range(3):
        if axes >> axis & 1:
            above = mean.axes[axis] - mean.total[:, None]
            classes[axis] = np.rint(step * above).astype(np.int64)
    return settle(np.full(bias.size, axes), classes, bias)


def wide_axes(shape: tuple[int, int, int]) -> int:
    """Return the axis groups, as a mask, of which each index stands for enough elements."""
    size = shape[0] * shape[1] * shape[2]
    return sum(1 << axis for axis in range(3) if shape[axis] > 1 and size >= FEW * shape[axis])
