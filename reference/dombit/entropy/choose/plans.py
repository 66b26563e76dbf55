"""Plans: how many lanes, and how long segments (informative)."""

from __future__ import annotations

from itertools import pairwise

from dombit.errors import UsageError
from dombit.limits import LEVELS, MAX_ROUNDS

SYMBOLS_PER_LANE = 700
"""Most symbols of a lane, as long as the level allows more lanes."""
LANES_LOG2 = {1: 10, 2: 12}
"""More lanes than that are used only where the rounds would be too many."""
SEGMENT = 1 << 20
"""Symbols of a segment, about."""


def lanes_for(count: int, level: int) -> int:
    """Return the logarithm of the lanes of a segment of `count` symbols."""
    lanes = 0
    while count > SYMBOLS_PER_LANE << lanes and lanes < LANES_LOG2[level]:
        lanes += 1
    while count > MAX_ROUNDS << lanes:
        lanes += 1
    if lanes > LEVELS[level].lanes_log2:
        raise UsageError(f"a segment of {count} symbols is too long for level {level}")
    return lanes


def segments_for(total: int, size: int | None = None) -> list[tuple[int, int]]:
    """Return (first, count) of segments of about `size` symbols, as even as possible.

    By default SEGMENT symbols; of less than eight of those eight smaller ones, of a quarter at
    least: a decoder in NumPy is fast with many lanes, which lie in different segments.
    """
    size = size if size is not None else min(SEGMENT, max(SEGMENT // 4, total // 8))
    number = max(1, (total + size // 2) // size)
    edges = [total * place // number for place in range(number + 1)]
    return [(first, stop - first) for first, stop in pairwise(edges) if stop > first]
