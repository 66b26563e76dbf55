"""Words: the 16-bit halves that move between states and a segment's list (chapter 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.errors import fail

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
    """Words of several segments, each with its own pointer."""

    def __init__(self, words: Sequence[NDArray[np.uint16]], edges: NDArray[np.int64]) -> None:
        self.words = np.concatenate(words).astype(np.uint32)
        self.ends = np.cumsum([each.size for each in words])
        self.next = self.ends - [each.size for each in words]
        self.edges = edges

    def draw(self, lanes: NDArray[np.int64], active: int) -> NDArray[np.uint32] | None:
        """Return the next words of each of the first `active` segments for its lanes."""
        starts = lanes.searchsorted(self.edges[: active + 1])
        counts = starts[1:] - starts[:-1]
        shift = np.repeat(self.next[:active] - starts[:-1], counts)
        self.next[:active] += counts
        if (self.next > self.ends).any():
            return None
        shift += np.arange(lanes.size)
        return self.words[shift]


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
