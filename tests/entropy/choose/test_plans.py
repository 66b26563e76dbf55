"""Plans: lanes, segments and classes keep what the format demands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.entropy.choose import lanes_for, segments_for
from dombit.errors import UsageError
from dombit.limits import LEVELS, MAX_ROUNDS


@settings(deadline=None)
@given(count=st.integers(1, 1 << 26), level=st.sampled_from([1, 2]))
def test_lanes_keep_level_and_rounds(count: int, level: int) -> None:
    """A segment has as many lanes as its level allows at most, and never too many rounds."""
    lanes = lanes_for(count, level)
    assert 0 <= lanes <= LEVELS[level].lanes_log2
    assert -(-count >> lanes) <= MAX_ROUNDS
    assert lanes == 0 or count > 700 << (lanes - 1) or -(-count // MAX_ROUNDS) > 1 << (lanes - 1)


def test_lanes_of_usual_segments() -> None:
    """One lane for short segments, 1024 for a mebisymbol, more only at level 2."""
    assert [lanes_for(count, 1) for count in (1, 255, 700, 701, 1 << 20, 1 << 26)] == [
        0, 0, 0, 1, 10, 10,
    ]  # fmt: skip
    assert [lanes_for(count, 2) for count in (1 << 20, 1 << 26, 1 << 30)] == [11, 12, 14]


def test_a_segment_may_be_too_long_for_a_level() -> None:
    """Level 1 has 1024 lanes of 65536 rounds."""
    with pytest.raises(UsageError):
        lanes_for((1 << 26) + 1, 1)


@settings(deadline=None)
@given(total=st.integers(0, 1 << 40), size=st.integers(1 << 20, 1 << 24))
def test_segments_cover_evenly(total: int, size: int) -> None:
    """Segments follow each other, cover everything, and differ by one symbol at most."""
    if total > 5000 * size:
        total %= 5000 * size
    segments = segments_for(total, size)
    assert sum(count for _, count in segments) == total
    ends = [first + count for first, count in segments]
    assert [first for first, _ in segments] == [0, *ends][: len(segments)]
    counts = [count for _, count in segments]
    if counts:
        assert min(counts) > 0 and max(counts) - min(counts) <= 1 and max(counts) <= 1.5 * size
