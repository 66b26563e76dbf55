"""Frequencies: a good table for a histogram, among those that can be sent (annex)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.choose.costs import (
    LOGS,
    REPRESENTABLE,
    UNIT,
    data_units,
    entropies_units,
    entropy_units,
    table_bits,
)
from dombit.entropy.tables import TOTAL

MOVES = 96
"""Steps by which the frequencies of a table are improved at most."""

_STEPS = np.flatnonzero(REPRESENTABLE)
"""Frequencies that a table can hold, ascending, from 0."""
_NEAREST = np.abs(_STEPS[:, None] * 2 - np.arange(2 * TOTAL + 1)).argmin(axis=0)
"""[2 * 4096 + 1] place in _STEPS of the frequency nearest to a half of the index."""


def frequencies_of(counts: NDArray[Any]) -> NDArray[np.uint16]:
    """Return good frequencies [T, 256] for histograms [T, 256] of less than 2^40 symbols.

    Every token that occurs has at least 1, and the most frequent one takes what the others
    leave. An empty histogram gives a table of token 0 only.
    """
    return nearest_frequencies(counts.astype(np.int64), moves=MOVES).astype(np.uint16)


def bits_of(counts: NDArray[Any], frequencies: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Return the bits [T] of histograms [T, 256] coded with tables [T, 256]."""
    return data_units(counts.astype(np.int64), frequencies) / UNIT


def table_cost_bits(frequencies: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return the bits [T] of each table [T, 256] in the stream."""
    return table_bits(frequencies)


def entropy_bits(counts: NDArray[Any]) -> float:
    """Return the bits of the symbols of one histogram under the best table of all."""
    return entropy_units(counts) / UNIT


def entropies_of(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the bits [T] of the symbols of histograms [T, n], each under its best table of all."""
    return entropies_units(counts.astype(np.int64)) / UNIT


def nearest_frequencies(counts: NDArray[np.int64], moves: int) -> NDArray[np.int64]:
    """Return frequencies: the nearest ones, made to fit, and improved by `moves` steps."""
    rows = np.arange(counts.shape[0])
    remainder = counts.argmax(axis=1)
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    steps = np.maximum(_NEAREST[counts * (2 * TOTAL) // total], counts > 0)
    steps[rows, remainder] = 0
    rest = TOTAL - _STEPS[steps].sum(axis=1)
    _make_room(counts, steps, rest)
    most = counts[rows, remainder]
    others = counts.copy()
    others[rows, remainder] = 0
    active = rows
    for _ in range(moves):
        active = active[_improve(others, most, steps, rest, active)]
        if not active.size:
            break
    frequencies: NDArray[np.int64] = _STEPS[steps]
    frequencies[rows, remainder] = rest
    return frequencies


def _make_room(
    counts: NDArray[np.int64], steps: NDArray[np.int64], rest: NDArray[np.int64]
) -> None:
    """Lower frequencies, each time the cheapest for what it frees, until 1 is left."""
    while (short := np.flatnonzero(rest < 1)).size:
        some = steps[short]
        below = np.maximum(some - 1, 0)
        freed = _STEPS[some] - _STEPS[below]
        loss = counts[short] * (LOGS[_STEPS[some]] - LOGS[_STEPS[below]])
        price = np.where(some > 1, loss / np.maximum(freed, 1), np.inf)
        token = price.argmin(axis=1)
        steps[short, token] -= 1
        rest[short] += freed[np.arange(short.size), token]


def _improve(
    counts: NDArray[np.int64],
    most: NDArray[np.int64],
    steps: NDArray[np.int64],
    rest: NDArray[np.int64],
    active: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Move one frequency of each active table by one step where that saves most bits.

    `counts` is 0 for the remainder token, `most` is its count. Returns which tables gained.
    """
    some, left = steps[active], rest[active][:, None]
    gains, moved = [], []
    for way in (-1, 1):
        target = np.clip(some + way, 0, _STEPS.size - 1)
        taken = _STEPS[target] - _STEPS[some]
        fits = (some > 0) & (target > 0) & (left - taken >= 1) & (target != some)
        after = np.where(fits, left - taken, 1)
        gain = counts[active] * (LOGS[_STEPS[target]] - LOGS[_STEPS[some]])
        gain += most[active][:, None] * (LOGS[after] - LOGS[left])
        gains.append(np.where(fits, gain, -1))
        moved.append(taken)
    both = np.concatenate(gains, axis=1)
    best = both.argmax(axis=1)
    row = np.flatnonzero(both[np.arange(active.size), best] > 0)
    token, way = best[row] % counts.shape[1], best[row] // counts.shape[1]
    steps[active[row], token] += 2 * way - 1
    rest[active[row]] -= np.concatenate(moved, axis=1)[row, best[row]]
    gained = np.zeros(active.size, np.bool_)
    gained[row] = True
    return gained
