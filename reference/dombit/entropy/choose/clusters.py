"""Clusters: contexts that share a table, because that costs less (annex)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.choose.costs import UNIT, data_units, table_bits
from dombit.entropy.choose.frequencies import frequencies_of, nearest_frequencies


def cluster(
    histograms: NDArray[Any], max_tables: int = 64
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return (table_map [contexts], frequencies [tables, 256]) for histograms [contexts, 256].

    Merges contexts greedily while that saves bits, tables included, or until there are at most
    `max_tables`. Empty contexts get table 0.
    """
    counts = histograms.astype(np.int64)
    used = np.flatnonzero(counts.any(axis=1))
    if not used.size:
        return np.zeros(counts.shape[0], np.uint8), frequencies_of(counts[:1])
    members = _merge(counts[used], max_tables)
    table_map = np.zeros(counts.shape[0], np.uint8)
    merged = np.zeros((len(members), 256), np.int64)
    for table, contexts in enumerate(members):
        table_map[used[contexts]] = table
        merged[table] = counts[used[contexts]].sum(axis=0)
    return table_map, frequencies_of(merged)


def _price(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cost of histograms with a table each, in units."""
    frequencies = nearest_frequencies(counts, moves=0)
    return data_units(counts, frequencies) + table_bits(frequencies) * UNIT


def _merge(counts: NDArray[np.int64], max_tables: int) -> list[list[int]]:
    """Return the clusters of histograms, ordered by their first member."""
    width = int(np.flatnonzero(counts.any(axis=0))[-1]) + 1
    counts = counts[:, :width].copy()
    size = counts.shape[0]
    prices, members = _price(counts), [[place] for place in range(size)]
    gains = np.full((size, size), np.iinfo(np.int64).min)
    for place in range(size - 1):
        _reprice(gains, counts, prices, place, np.arange(place + 1, size))
    alive = np.arange(size)
    while alive.size > 1:
        first, second = divmod(int(gains.argmax()), size)
        if gains[first, second] <= 0 and alive.size <= max_tables:
            break
        counts[first] += counts[second]
        prices[first] = _price(counts[first : first + 1])[0]
        members[first] += members[second]
        gains[second, :] = gains[:, second] = np.iinfo(np.int64).min
        alive = alive[alive != second]
        _reprice(gains, counts, prices, first, alive[alive != first])
    return [members[place] for place in alive]


def _reprice(
    gains: NDArray[np.int64],
    counts: NDArray[np.int64],
    prices: NDArray[np.int64],
    place: int,
    others: NDArray[np.int64],
) -> None:
    """Compute what merging `place` with each of the others gains."""
    gain = prices[place] + prices[others] - _price(counts[place] + counts[others])
    gains[np.minimum(place, others), np.maximum(place, others)] = gain
