"""Walks: which contexts a sparse group walks together (informative)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.choose import entropies_of

MOST = 16
"""Walk classes of a group."""
PRICE = 300.0
"""Bits of one more walk class: two tables, a count, a broken run of gaps."""


def choose_walks(counts: NDArray[np.int64]) -> tuple[NDArray[np.uint8], float]:
    """Return the walk class of each context, from how many elements have each token, and the bits.

    counts: [contexts, 256]; column 0 elements that do not change, the others tokens of those that
    do. The bits are those of places and tokens, about. Contexts in the order of their share of
    changes are merged with their neighbours while that saves bits.
    """
    used = np.flatnonzero(counts.any(axis=1))
    walks = np.zeros(counts.shape[0], np.uint8)
    if not used.size:
        return walks, 0.0
    share = 1 - counts[used, 0] / counts[used].sum(axis=1)
    members = [[int(context)] for context in used[np.argsort(share, kind="stable")]]
    rows = np.stack([counts[some].sum(axis=0) for some in members])
    prices = _prices(rows)
    merged = _prices(rows[:-1] + rows[1:])
    while len(members) > 1:
        gains = prices[:-1] + prices[1:] - merged
        best = int(gains.argmax())
        if gains[best] <= 0 and len(members) <= MOST:
            break
        members[best : best + 2] = [members[best] + members[best + 1]]
        rows[best] += rows[best + 1]
        rows, prices = np.delete(rows, best + 1, axis=0), np.delete(prices, best + 1)
        prices[best], merged = merged[best], np.delete(merged, best)
        near = slice(max(0, best - 1), best + 1)  # pairs that the merged one is in
        merged[near] = _prices(rows[:-1][near] + rows[1:][near])
    for walk, some in enumerate(members):
        walks[some] = walk
    return walks, float(prices.sum())


def _prices(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the bits [W] of the places and values of walk classes with tokens [W, 256]."""
    values = rows[:, 1:]
    places = np.stack([rows[:, 0], values.sum(axis=1)], axis=1)
    return PRICE + entropies_of(places) + entropies_of(values)
