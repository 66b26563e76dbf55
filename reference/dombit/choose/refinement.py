"""Refinement: classes that are cheapest under the tables that they make (informative)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import AXES
from dombit.choose.fits import fit, mean_of, origin_of, wide_axes
from dombit.choose.looks import CONTEXTS, Look, Parts, histogram_of_all, sums
from dombit.choose.stacks import StackChoice, best_of, settled_vectors, some_of
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


def fitted(looks: Sequence[Parts], scale: int) -> list[StackChoice]:
    """Return classes of all tensors of a group: fitted to sizes, and the cheapest axes taken."""
    origin = origin_of(looks, scale)
    means = [mean_of(look, scale) for look in looks]
    wide = [wide_axes(look.whole.shape) for look in looks]
    options = [
        [fit(mean, axes, scale, origin) for axes in AXES if axes & mask == axes]
        for mean, mask in zip(means, wide, strict=True)
    ]
    choices = [max(some, key=lambda option: int(option.axes[0])) for some in options]
    if all(len(some) == 1 for some in options):
        return choices
    costs = costs_of(histogram_of_all([look.across for look in looks], choices, scale))
    return [_cheapest(look, some, scale, costs) for look, some in zip(looks, options, strict=True)]


def refined(
    looks: Sequence[Parts], choices: Sequence[StackChoice], scale: int
) -> list[StackChoice]:
    """Return classes that cost less than these under the tables that they make."""
    across = [look.across for look in looks]
    for _ in range(ROUNDS):
        costs = costs_of(histogram_of_all(across, choices, scale))
        choices = [
            _refine(look, choice, scale, costs) for look, choice in zip(looks, choices, strict=True)
        ]
    return list(choices)


def costs_of(histograms: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the cost of each fine token in each context, [2, WIDTH, 256], in units.

    Contexts learn from their neighbours, the more the fewer elements they have themselves.
    """
    costs = np.full((2, WIDTH, 256), 8 * UNIT, np.int32)
    for root_class in range(2):
        counts = histograms[CONTEXTS * root_class :][:CONTEXTS]
        if counts.any():
            costs[root_class] = _smooth_costs(counts)
    return costs


def _smooth_costs(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the cost of each fine token in each context of a root class, [WIDTH, 256]."""
    far = counts << 20
    for context in range(1, CONTEXTS):
        far[context] += far[context - 1] >> 1
    back = counts << 20
    for context in range(CONTEXTS - 2, -1, -1):
        back[context] += back[context + 1] >> 1
    far += back
    far = (far << 8) // np.maximum(far.sum(axis=1, keepdims=True) >> 8, 1) + 1
    close = 4 * counts
    close[1:] += counts[:-1]
    close[:-1] += counts[1:]
    mixed = (close << 14) + NEAR * far
    costs = log2_units(mixed.sum(axis=1, keepdims=True)) - log2_units(mixed)
    return np.pad(costs.astype(np.int32), ((MARGIN, MARGIN), (0, 0)), mode="edge")


def _cells(look: Look, choice: StackChoice, scale: int) -> NDArray[np.int32]:
    """Return where the cost of each element stands, [T, R, I]."""
    found = np.clip(sums(look, choice, scale), -REACH, CONTEXTS - 1 + REACH).astype(np.int32)
    found += MARGIN + (WIDTH if look.zeros is None else np.where(look.zeros, 0, WIDTH))
    found <<= 8
    found |= look.tokens
    return found


def _cheapest(
    look: Parts, options: Sequence[StackChoice], scale: int, costs: NDArray[np.int32]
) -> StackChoice:
    """Return the cheapest of some choices for each tensor, class vectors included."""
    if len(options) == 1:
        return options[0]
    some, prices = look.across, []
    for option in options:
        cells = _cells(some, option, scale)
        price = some.share * costs.take(cells).sum(axis=(1, 2), dtype=np.int64)
        for vectors in option.classes:
            if vectors is not None:
                found = vectors.astype(np.int64)
                each = _class_prices(found, np.full(price.size, 64), 64)
                price += VECTOR + np.take_along_axis(each, found, axis=1).sum(axis=1)
        prices.append(price)
    return best_of(options, np.stack(prices).argmin(axis=0))


def _class_prices(
    vectors: NDArray[np.int64], counts: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return the cost of each class [T, most] beside these of the vectors [T, n], in units.

    counts: [T] classes that a vector may have.
    """
    rows = np.arange(counts.size)[:, None] * most
    have = np.bincount((vectors + rows).reshape(-1), minlength=counts.size * most)
    have = 2 * have.reshape(-1, most) + 1
    total = 2 * vectors.shape[1] + counts[:, None]
    prices: NDArray[np.int64] = log2_units(total) - log2_units(have)
    return prices


def _refine(look: Parts, choice: StackChoice, scale: int, costs: NDArray[np.int32]) -> StackChoice:
    """Move each class of each tensor, or its bias, to where its elements cost least."""
    bare = np.flatnonzero(choice.axes == 0)
    if bare.size:
        cells = _cells(look.across.some(bare), some_of(choice, bare), scale)
        bits = _moved(cells, costs, (1, 2))
        moved = choice.bias[bare] + bits.argmin(axis=0) - REACH
        choice = replace(choice, bias=_with_rows(choice.bias, bare, moved))
    for axis in range(3):
        having = np.flatnonzero(choice.axes >> axis & 1)
        if having.size:
            some = (look.along if axis else look.across).some(having)
            own = some_of(choice, having)
            cells = _cells(some, own, scale)
            if axis:
                cells = cells.reshape(*cells.shape[:2], *some.shape[1:])
            others = tuple(other for other in range(1, cells.ndim) if other != axis + 1)
            bits = some.share * _moved(cells, costs, others)
            choice = _with_vectors(choice, axis, having, bits)
    return choice


def _moved(
    cells: NDArray[np.int32], costs: NDArray[np.int32], others: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return the cost of elements, summed, with each move of their contexts, [moves, T, …]."""
    moves = range(-REACH, REACH + 1)
    return np.stack(
        [costs.take(cells + 256 * move).sum(axis=others, dtype=np.int64) for move in moves]
    )


def _with_vectors(
    choice: StackChoice, axis: int, having: NDArray[np.int64], bits: NDArray[np.int64]
) -> StackChoice:
    """Return the choice with each class of vectors moved to where bits [moves, T, n] are fewest."""
    vectors = choice.classes[axis]
    if vectors is None:
        return choice
    own = vectors[having].astype(np.int64)
    lowest = own.min(axis=1, keepdims=True) - REACH
    counts = np.ptp(own, axis=1) + 2 * REACH + 1
    prices = _class_prices(own - lowest, counts, int(counts.max()))
    moves = np.arange(-REACH, REACH + 1)[:, None, None]
    total = bits + np.take_along_axis(prices[None], own + moves - lowest, axis=2)
    settled, lifted = settled_vectors(own + total.argmin(axis=0) - REACH)
    classes = list(choice.classes)
    classes[axis] = _with_rows(vectors, having, settled)
    first, second, third = classes
    bias = _with_rows(choice.bias, having, choice.bias[having] + lifted)
    return replace(choice, classes=(first, second, third), bias=bias)


def _with_rows(array: NDArray[Any], rows: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
    """Return an array in which some rows are others."""
    out = array.copy()
    out[rows] = values
    return out
