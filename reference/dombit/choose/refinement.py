"""Refinement: classes that are cheapest under the tables that they make (informative)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import AXES, ClassChoice
from dombit.choose.fits import fit, mean_of, origin_of, settle, wide_axes
from dombit.choose.looks import CONTEXTS, Look, Parts, histogram_of_all, sums
from dombit.entropy.choose.costs import UNIT, log2_units

ROUNDS = 3
"""Passes over all classes, each under new tables."""
REACH = 3
"""Classes up and down that a pass tries."""
MARGIN = 2 * REACH
"""Contexts beside the 64 in a table of costs, so that no sum need be clamped again."""
WIDTH = CONTEXTS + 2 * MARGIN
NEAR = 32
"""Elements that what contexts near by say is worth."""
VECTOR = 40 * UNIT
"""Cost of a class vector beside its elements."""


def refined(looks: Sequence[Parts], scale: int) -> list[ClassChoice]:
    """Return the classes of each tensor of a group, fitted, chosen among, and refined."""
    origin = origin_of(looks, scale)
    across = [look.across for look in looks]
    means = [mean_of(look, scale) for look in looks]
    wide = [wide_axes(look.whole.shape) for look in looks]
    options = [
        [fit(mean, axes, scale, origin) for axes in AXES if axes & mask == axes]
        for mean, mask in zip(means, wide, strict=True)
    ]
    choices = [max(some, key=lambda option: option.axes) for some in options]
    costs = costs_of(histogram_of_all(across, choices, scale))
    choices = [
        _cheapest(look, some, scale, costs) for look, some in zip(looks, options, strict=True)
    ]
    for _ in range(ROUNDS):
        costs = costs_of(histogram_of_all(across, choices, scale))
        choices = [
            _refine(look, choice, scale, costs) for look, choice in zip(looks, choices, strict=True)
        ]
    return choices


def costs_of(histograms: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the cost of each fine token in each context, [2, WIDTH, 256], in units.

    Contexts learn from their neighbours, the more the fewer elements they have themselves.
    """
    counts = histograms.reshape(2, CONTEXTS, 256)
    far = counts << 20
    for context in range(1, CONTEXTS):
        far[:, context] += far[:, context - 1] >> 1
    back = counts << 20
    for context in range(CONTEXTS - 2, -1, -1):
        back[:, context] += back[:, context + 1] >> 1
    far += back
    far = (far << 8) // np.maximum(far.sum(axis=2, keepdims=True) >> 8, 1) + 1
    close = 4 * counts
    close[:, 1:] += counts[:, :-1]
    close[:, :-1] += counts[:, 1:]
    mixed = (close << 14) + NEAR * far
    costs = log2_units(mixed.sum(axis=2, keepdims=True)) - log2_units(mixed)
    return np.pad(costs.astype(np.int32), ((0, 0), (MARGIN, MARGIN), (0, 0)), mode="edge")


def _cells(look: Look, choice: ClassChoice, scale: int) -> NDArray[np.int32]:
    """Return where the cost of each element stands, [R, I]."""
    found = np.clip(sums(look, choice, scale), -REACH, CONTEXTS - 1 + REACH).astype(np.int32)
    found += MARGIN + (WIDTH if look.zeros is None else np.where(look.zeros, 0, WIDTH))
    found <<= 8
    found |= look.tokens
    return found


def _cheapest(
    look: Parts, options: Sequence[ClassChoice], scale: int, costs: NDArray[np.int32]
) -> ClassChoice:
    """Return the cheapest of some choices for a tensor, class vectors included."""
    if len(options) == 1:
        return options[0]
    some, prices = look.across, []
    for option in options:
        price = some.share * int(costs.take(_cells(some, option, scale)).sum(dtype=np.int64))
        for vector in option.classes:
            if vector is not None:
                prices_of = _class_prices(vector.astype(np.int64), 0, 64)
                price += VECTOR + int(prices_of[vector].sum())
        prices.append(price)
    return options[prices.index(min(prices))]


def _class_prices(vector: NDArray[np.int64], lowest: int, count: int) -> NDArray[np.int64]:
    """Return the cost of each class lowest, lowest + 1, … beside these of a vector, in units."""
    have = 2 * np.bincount(vector - lowest, minlength=count) + 1
    prices: NDArray[np.int64] = log2_units(have.sum(keepdims=True)) - log2_units(have)
    return prices


def _refine(look: Parts, choice: ClassChoice, scale: int, costs: NDArray[np.int32]) -> ClassChoice:
    """Move each class of a tensor, or its bias, to where its elements cost least."""
    if not choice.axes:
        some = look.across
        bits = _moved(_cells(some, choice, scale), costs, (0, 1))
        return ClassChoice(bias=choice.bias + int(bits.argmin()) - REACH)
    for axis in range(3):
        vector = choice.classes[axis]
        if vector is not None:
            some = look.along if axis else look.across
            cells = _cells(some, choice, scale)
            if axis:
                cells = cells.reshape(-1, *some.shape[1:])
            others = tuple(other for other in range(cells.ndim) if other != axis)
            bits = some.share * _moved(cells, costs, others)
            choice = _with_vector(choice, axis, vector.astype(np.int64), bits)
    return choice


def _moved(
    cells: NDArray[np.int32], costs: NDArray[np.int32], others: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return the cost of elements, summed, with each move of their contexts, [moves, …]."""
    moves = range(-REACH, REACH + 1)
    return np.stack(
        [costs.take(cells + 256 * move).sum(axis=others, dtype=np.int64) for move in moves]
    )


def _with_vector(
    choice: ClassChoice, axis: int, vector: NDArray[np.int64], bits: NDArray[np.int64]
) -> ClassChoice:
    """Return the choice with each class of a vector moved to where bits [moves, n] are fewest."""
    lowest, count = int(vector.min()) - REACH, int(np.ptp(vector)) + 2 * REACH + 1
    prices = _class_prices(vector, lowest, count)
    moves = np.arange(-REACH, REACH + 1)[:, None]
    total = bits + prices[vector + moves - lowest]
    classes: list[NDArray[np.int64] | None] = [
        each.astype(np.int64) if each is not None else None for each in choice.classes
    ]
    classes[axis] = vector + total.argmin(axis=0) - REACH
    return settle(choice.axes, classes, choice.bias)
