"""Plans: lanes, segments and classes keep what the format demands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.entropy.choose import fit_classes, lanes_for, segments_for
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


OCTAVES = st.lists(st.floats(-20, 8) | st.just(float("-inf")), min_size=1, max_size=12)


@settings(deadline=None)
@given(vectors=st.lists(st.none() | OCTAVES, min_size=3, max_size=3), resolution=st.integers(1, 4))
def test_classes_are_in_range(vectors: list[list[float] | None], resolution: int) -> None:
    """A class vector for each axis that is given, its values 0 to 63."""
    given_ = [None if each is None else np.array(each) for each in vectors]
    classes, _ = fit_classes(given_[0], given_[1], given_[2], resolution)
    for vector, values in zip(classes, vectors, strict=True):
        assert (vector is None) == (values is None)
        if vector is not None and values is not None:
            assert vector.dtype == np.uint8 and vector.size == len(values)
            assert int(vector.max()) <= 63 and int(vector.min()) == 0


@pytest.mark.parametrize("resolution", [1, 2, 4])
def test_contexts_follow_the_magnitude(resolution: int) -> None:
    """For a product of row and column magnitudes each context is within one of its logarithm."""
    rng = np.random.default_rng(2)
    rows, columns = rng.uniform(-3, 3, 40), rng.uniform(-2, 2, 30)
    both = np.log2(np.exp2(rows)[:, None] * np.exp2(columns))
    (a, b, c), bias = fit_classes(both.mean(axis=1), both.mean(axis=0), None, resolution)
    assert a is not None and b is not None and c is None
    contexts = bias + a[:, None].astype(int) + b
    assert np.abs(contexts - (32 + resolution * both)).max() <= 2


def test_dead_rows_are_the_lowest_class() -> None:
    """A row without magnitude is 63 classes below the highest one, and does not move others."""
    (a, _, _), _ = fit_classes(np.array([0.0, 1.0, -np.inf]), None, None)
    assert a is not None and a.tolist() == [61, 63, 0]
