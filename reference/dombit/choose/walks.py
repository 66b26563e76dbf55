"""Walks: which contexts a sparse group walks together (informative)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.choose import entropy_bits

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
    rows = [counts[some].sum(axis=0) for some in members]
    prices = [_price(row) for row in rows]
    while len(rows) > 1:
        merged = [_price(rows[k] + rows[k + 1]) for k in range(len(rows) - 1)]
        gains = [prices[k] + prices[k + 1] - merged[k] for k in range(len(rows) - 1)]
        best = int(np.argmax(gains))
        if gains[best] <= 0 and len(rows) <= MOST:
            break
        rows[best : best + 2] = [rows[best] + rows[best + 1]]
        members[best : best + 2] = [members[best] + members[best + 1]]
        prices[best : best + 2] = [merged[best]]
    for walk, some in enumerate(members):
        walks[some] = walk
    return walks, sum(prices)


def _price(row: NDArray[np.int64]) -> float:
    """Return the bits of the places and values of one walk class."""
    changed = int(row[1:].sum())
    return PRICE + entropy_bits(np.array([row[0], changed])) + entropy_bits(row[1:])
