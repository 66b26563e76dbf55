"""Clusters: contexts share tables where that is cheaper."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.entropy.choose import bits_of, cluster, frequencies_of, table_cost_bits


def laplace(scales: list[float], symbols: int) -> np.ndarray:
    """Return histograms [64, 256] of geometric magnitudes, one context for each scale."""
    counts = np.zeros((64, 256), np.int64)
    for context, scale in enumerate(scales):
        ratio = np.exp(-1 / scale)
        counts[context, :60] = symbols * (1 - ratio) * ratio ** np.arange(60)
    return counts


def cost(counts: np.ndarray, table_map: np.ndarray, frequencies: np.ndarray) -> float:
    """Return the bits of symbols and tables."""
    data = bits_of(counts, frequencies[table_map])[counts.any(axis=1)].sum()
    return float(data + table_cost_bits(frequencies).sum())


@settings(deadline=None, max_examples=30)
@given(
    scales=st.lists(st.floats(0.1, 20), min_size=1, max_size=20),
    symbols=st.sampled_from([3, 100, 5000, 10**6]),
    most=st.integers(1, 64),
)
def test_every_context_has_a_table_that_holds_its_tokens(
    scales: list[float], symbols: int, most: int
) -> None:
    """There are at most `most` tables, all used, and each holds the tokens of its contexts."""
    counts = laplace(scales, symbols)
    table_map, frequencies = cluster(counts, most)
    assert table_map.dtype == np.uint8 and 1 <= len(frequencies) <= most
    used = counts.any(axis=1)
    assert (frequencies[table_map][used][counts[used] > 0] > 0).all()
    assert (table_map[~used] == 0).all()
    if used.any():
        assert set(table_map[used].tolist()) == set(range(len(frequencies)))


@pytest.mark.parametrize("symbols", [50, 2000, 10**6])
def test_clusters_cost_less_than_extremes(symbols: int) -> None:
    """Shared tables cost no more than one for all, and no more than one for each context."""
    counts = laplace([0.3 * 1.4**k for k in range(12)], symbols)
    clustered = cost(counts, *cluster(counts))
    own = np.append(np.arange(12), np.zeros(52, int)), frequencies_of(counts[:12])
    single = np.zeros(64, int), frequencies_of(counts.sum(axis=0, keepdims=True))
    assert clustered <= 1.001 * min(cost(counts, *own), cost(counts, *single))


def test_like_contexts_share_and_unlike_ones_do_not() -> None:
    """Two narrow contexts share a table, and two wide ones another, in order of contexts."""
    counts = laplace([9.0, 0.3, 9.0, 0.3], 100_000)
    table_map, frequencies = cluster(counts)
    assert table_map[:4].tolist() == [0, 1, 0, 1] and len(frequencies) == 2


def test_no_symbols_give_one_table() -> None:
    """Without any symbol there is a table all the same."""
    table_map, frequencies = cluster(np.zeros((64, 256), np.int64))
    assert not table_map.any() and frequencies.shape == (1, 256) and frequencies[0, 0] == 4096


def test_clusters_are_the_same_everywhere() -> None:
    """Clusters of known histograms have a known checksum."""
    number = np.arange(64 * 256, dtype=np.int64).reshape(64, 256)
    counts = (number * 2654435761 % 2**32 >> 12 + number % 256 // 8) * (number % 256 < 60)
    table_map, frequencies = cluster(counts // (1 + number // 256 % 3), 20)
    assert zlib.crc32(table_map.tobytes() + frequencies.astype("<u2").tobytes()) == 4200973548
