"""Words: many segments draw theirs alike, by slices and by indices."""

from __future__ import annotations

import numpy as np
import pytest

from dombit.entropy import words as words_chapter
from dombit.entropy.words import WordsOfMany

LANES = 8
EDGES = np.arange(5) * LANES
PARTS = [np.arange(base, base + 6, dtype=np.uint16) for base in (0, 100, 200, 300)]


@pytest.mark.parametrize("few", [0, 16])
def test_each_segment_draws_its_own(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Lanes get the next words of their own segment; all are taken in the end."""
    monkeypatch.setattr(words_chapter, "FEW", few)
    words = WordsOfMany(PARTS, EDGES)
    first = words.draw(np.array([1, 3, 8, 17, 18, 31]), 4)
    assert first is not None and first.tolist() == [0, 1, 100, 200, 201, 300]
    second = words.draw(np.array([0, 2, 4, 5, 9, 10, 11, 12, 13, 16, 19, 20, 21]), 3)
    assert second is not None
    assert second.tolist() == [*range(2, 6), *range(101, 106), *range(202, 206)]
    assert not words.complete
    last = words.draw(np.arange(24, 29), 4)
    assert last is not None and last.tolist() == [301, 302, 303, 304, 305]
    assert words.complete


@pytest.mark.parametrize("few", [0, 16])
def test_too_few_words(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """A segment that takes too many is seen at once, or when all is done."""
    monkeypatch.setattr(words_chapter, "FEW", few)
    words = WordsOfMany(PARTS, EDGES)
    assert words.draw(np.arange(24, 31), 4) is None
    words = WordsOfMany(PARTS, EDGES)
    assert words.draw(np.arange(7), 4) is not None
    assert words.draw(np.arange(9, 14), 4) is not None
    assert words.draw(np.arange(16, 22), 4) is not None
    assert words.draw(np.arange(24, 30), 4) is not None
    assert not words.complete
