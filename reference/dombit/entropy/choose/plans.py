"""Plans: how many lanes, how long segments, and which classes (annex)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dombit.errors import UsageError
from dombit.limits import LEVELS, MAX_ROUNDS

SYMBOLS_PER_LANE = 700
"""Most symbols of a lane, as long as the level allows more lanes."""
LANES_LOG2 = {1: 10, 2: 12}
"""More lanes than that are used only where the rounds would be too many."""
SEGMENT = 1 << 20
"""Symbols of a segment, about."""
ORIGIN = 32
"""Context of elements of magnitude 1."""
FINE = 1024
"""Parts of a class in which its inputs are rounded."""


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


Octaves = NDArray[np.float64] | None


def fit_classes(
    log2_rows: Octaves, log2_columns: Octaves, log2_third: Octaves, resolution: int = 2
) -> tuple[tuple[NDArray[np.uint8] | None, ...], int]:
    """Return (class vectors 0..63 or None, bias) from mean magnitudes in octaves.

    Each vector holds, for every index of its axis group, the logarithm of the mean magnitude
    there. The context of an element of magnitude m is about ORIGIN + resolution * log2(m), so
    tensors share contexts. An index without magnitude (-inf) gets its axis' lowest class.
    """
    classes: list[NDArray[np.uint8] | None] = []
    mean, means = 0, 0
    bias = ORIGIN * FINE
    for vector in (log2_rows, log2_columns, log2_third):
        if vector is None or not vector.size:
            classes.append(None if vector is None else np.zeros(0, np.uint8))
            continue
        octaves = _rounded(vector, resolution)
        lowest = int(octaves.min())
        classes.append(((octaves - lowest + FINE // 2) // FINE).astype(np.uint8))
        mean = int(octaves.sum()) // octaves.size
        bias += lowest - mean
        means += mean
    given = sum(1 for each in classes if each is not None and each.size)
    bias += means // given if given else 0
    return tuple(classes), (bias + FINE // 2) // FINE


def _rounded(vector: Sequence[float] | NDArray[np.float64], resolution: int) -> NDArray[np.int64]:
    """Return octaves in fine parts of a class, at most 63 classes below the highest."""
    scaled = np.clip(np.asarray(vector, np.float64), -1100, 1100) * (resolution * FINE)
    octaves = np.rint(np.nan_to_num(scaled)).astype(np.int64)
    return np.maximum(octaves, int(octaves.max()) - 63 * FINE)
