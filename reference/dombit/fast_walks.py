"""Fast walks: the numba twin of the walk over a sparse segment (chapter 13)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dombit.compiled import compiled
from dombit.prediction import walks

NEVER = 1 << 62
"""More elements than there are."""


def places(
    classes: NDArray[np.uint8], changes: NDArray[np.int64], gaps: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the places of changes in one pass: the twin of prediction.walks.places."""
    stops = np.cumsum(changes)
    found, nexts = np.empty(gaps.size, np.int64), stops - changes
    compiled(_walk)(classes, gaps, nexts, stops, found)
    return found if np.array_equal(nexts, stops) else walks.places(classes, changes, gaps)


def _walk(
    classes: NDArray[np.uint8],
    gaps: NDArray[np.int64],
    nexts: NDArray[np.int64],
    stops: NDArray[np.int64],
    found: NDArray[np.int64],
) -> None:
    """Count the gap of each class down; `nexts` ends at `stops` if the elements suffice."""
    left = np.full(256, np.int64(NEVER))
    for walk_class in range(nexts.size):
        if nexts[walk_class] < stops[walk_class]:
            left[walk_class] = gaps[nexts[walk_class]]
    for i in range(classes.size):
        walk_class = classes[i]
        left[walk_class] -= 1
        if left[walk_class] < 0:
            found[nexts[walk_class]] = i
            nexts[walk_class] += 1
            more = nexts[walk_class] < stops[walk_class]
            left[walk_class] = gaps[nexts[walk_class]] if more else np.int64(NEVER)
