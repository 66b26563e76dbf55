"""Walks: contexts that share a walk class, for their shares of changes are alike."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dombit.choose.walks import MOST, PRICE, choose_walks
from dombit.entropy.choose import entropy_bits

RANDOM = np.random.default_rng(62)


def price(row: np.ndarray) -> float:
    """Return the bits of places and values of a walk class."""
    changed = int(row[1:].sum())
    return PRICE + entropy_bits(np.array([row[0], changed])) + entropy_bits(row[1:])


def test_shares_that_differ_walk_apart() -> None:
    """Contexts of two shares of changes make two classes, those without elements have the first."""
    counts = np.zeros((64, 256), np.int64)
    counts[3:9, 0], counts[3:9, 1] = 90_000, 10_000
    counts[20:25, 0], counts[20:25, 1] = 99_990, 10
    walks, bits = choose_walks(counts)
    assert walks[3:9].tolist() == [1] * 6 and walks[20:25].tolist() == [0] * 5
    assert not walks[30:].any()
    assert bits == price(counts[3:9].sum(axis=0)) + price(counts[20:25].sum(axis=0))


def test_no_merge_is_left() -> None:
    """There are at most 16 classes, and merging neighbours would save nothing where more may be."""
    for size in (400, 4_000_000):
        shares = np.sort(RANDOM.random(64) ** 3)
        counts = np.zeros((64, 256), np.int64)
        counts[:, 1] = RANDOM.binomial(size, shares)
        counts[:, 2] = RANDOM.binomial(size, shares / 8)
        counts[:, 0] = size - counts[:, 1]
        walks, bits = choose_walks(counts)
        rows = [counts[walks == walk].sum(axis=0) for walk in range(int(walks.max()) + 1)]
        assert len(rows) <= MOST and np.isclose(bits, sum(map(price, rows)))
        for first, second in pairwise(rows):
            assert price(first + second) >= price(first) + price(second)
