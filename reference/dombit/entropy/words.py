"""Words: the 16-bit halves that move between states and a segment's list (chapter 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.errors import fail

FEW = 16
"""Segments up to which slices of their words are faster than indices."""

Draw = Callable[[NDArray[np.int64], int], "NDArray[np.uint32] | None"]
"""(lanes that need a word, segments at work) -> their words, or None: there are not so many."""


class WordsOfOne:
    """Words of a single segment."""

    def __init__(self, words: NDArray[np.uint16]) -> None:
        self.words = words.astype(np.uint32)
        self.used = 0

    def draw(self, lanes: NDArray[np.int64], _active: int) -> NDArray[np.uint32] | None:
        """Return the next words, one for each of the lanes."""
        first = self.used
        self.used += lanes.size
        return self.words[first : self.used] if self.used <= self.words.size else None


class WordsOfMany:
    """Words of several segments, each with its own pointer.

    A segment that takes more words than it has takes those of the next one, and garbage follows:
    its pointer is beyond its end when all is done (`complete`).
    """

    def __init__(self, words: Sequence[NDArray[np.uint16]], edges: NDArray[np.int64]) -> None:
        self.words = np.concatenate(words).astype(np.uint32)
        self.ends: list[int] = np.cumsum([each.size for each in words]).tolist()
        self.next: list[int] = [0, *self.ends[:-1]]
        self.edges = edges

    @property
    def complete(self) -> bool:
        """Whether each segment has taken its own words, and all of them."""
        return self.next == self.ends

    def draw(self, lanes: NDArray[np.int64], active: int) -> NDArray[np.uint32] | None:
        """Return the next words of each of the first `active` segments for its lanes."""
        starts = lanes.searchsorted(self.edges[: active + 1])
        if active > FEW:
            return self._draw_by_index(lanes.size, starts, active)
        taken, at = [], 0
        for segment, stop in enumerate(starts[1:].tolist()):
            first = self.next[segment]
            self.next[segment] = first + stop - at
            taken.append(self.words[first : first + stop - at])
            at = stop
        words = np.concatenate(taken)
        return words if words.size == lanes.size else None

    def _draw_by_index(
        self, count: int, starts: NDArray[np.int64], active: int
    ) -> NDArray[np.uint32] | None:
        counts = starts[1:] - starts[:-1]
        first = np.array(self.next[:active])
        self.next[:active] = (first + counts).tolist()
        places = np.repeat(first - starts[:-1], counts)
        places += np.arange(count)
        return self.words[places] if max(self.next[:active]) <= self.words.size else None


def give_words(
    states: NDArray[np.uint32],
    lanes: NDArray[np.int64],
    words: NDArray[np.uint16],
    next_word: NDArray[np.int64],
    edges: NDArray[np.int64],
) -> None:
    """Move the low halves of some states before the words that their segments already have."""
    giving = states[lanes]
    states[lanes] = giving >> 16
    if next_word.size == 1:
        end = int(next_word[0])
        next_word[0] = end - lanes.size
        words[end - lanes.size : end] = giving & 0xFFFF
        return
    starts = lanes.searchsorted(edges)
    counts = starts[1:] - starts[:-1]
    next_word -= counts
    places = np.repeat(next_word - starts[:-1], counts)
    places += np.arange(lanes.size)
    words[places] = giving & 0xFFFF


def check_words(used: int, available: int, where: str) -> None:
    """Refuse a list of words that ended early (`used` > `available`) or has words left."""
    if used > available:
        message = f"the lanes need more than the {available} words of the segment"
        fail("malformed", "R-ENT-012", message, stage="segment", unit=where or None)
    if used < available:
        message = f"{available - used} of {available} words are left over"
        fail("malformed", "R-ENT-013", message, stage="segment", unit=where or None)
