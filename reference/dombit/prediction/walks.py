"""Walks: the places of changed elements, from gaps within walk classes (chapter 13)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dombit.errors import fail

FEW = 32
"""With fewer changes than one in so many elements only the words that hold one are looked into."""


def places(
    classes: NDArray[np.uint8], changes: NDArray[np.int64], gaps: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the place in the segment of each change, walk class by walk class.

    classes: [n] walk class of each element; changes: [classes] how many of each are changed;
    gaps: [changes] unchanged elements of the class before each. Raises malformed where gaps
    reach beyond the elements of a class.
    """
    found = np.empty(gaps.size, np.int64)
    at = 0
    for walk_class, count in enumerate(changes.tolist()):
        if not count:
            continue
        ranks = np.cumsum(gaps[at : at + count] + 1) - 1
        mask = classes == walk_class
        words = _words(mask)
        ends = np.cumsum(np.bitwise_count(words), dtype=np.int64)
        size = int(ends[-1]) if ends.size else 0
        if int(ranks[-1]) >= size:
            message = f"gaps reach element {ranks[-1]} of {size} of walk class {walk_class}"
            fail("malformed", "R-SEG-047", message, stage="segment")
        few = count * FEW < mask.size
        found[at : at + count] = _select(words, ends, ranks) if few else np.flatnonzero(mask)[ranks]
        at += count
    return found


def _words(mask: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return a mask as words of 64 bits, the first element lowest."""
    words = np.zeros(-(-mask.size // 64), "<u8")
    packed = np.packbits(mask, bitorder="little")
    words.view(np.uint8)[: packed.size] = packed
    return words


def _select(
    words: NDArray[np.uint64], ends: NDArray[np.int64], ranks: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the place of the set bit of each rank; `ends` counts the bits up to each word's end.

    Only the words that hold one of these bits are looked into.
    """
    word = np.searchsorted(ends, ranks, side="right")
    octets = words[word].view(np.uint8).reshape(-1, 8)
    counts = np.bitwise_count(octets)
    behind = np.cumsum(counts, axis=1, dtype=np.uint8)
    within = (ranks - ends[word]).astype(np.int8).view(np.uint8) + behind[:, -1]
    octet = (behind <= within[:, None]).sum(axis=1)
    here = np.arange(ranks.size)
    within -= behind[here, octet] - counts[here, octet]
    found: NDArray[np.int64] = word * 64 + octet * 8 + _bit_places()[octets[here, octet], within]
    return found


@lru_cache(maxsize=1)
def _bit_places() -> NDArray[np.int64]:
    """Return [256, 8]: the place of the k-th set bit of each octet, 8 where there is none."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    places_of_bits = np.where(bits, np.arange(8), 8)
    return np.sort(places_of_bits, axis=1)
