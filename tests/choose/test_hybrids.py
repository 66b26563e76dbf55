"""Hybrids: tokens as unions of fine ones, and the choice among them by cost."""

from __future__ import annotations

import numpy as np
import pytest

from dombit.choose.hybrids import FINE, TRIED, fold, pick_hybrid, union_of
from dombit.entropy import tokens
from dombit.records import Hybrid

RANDOM = np.random.default_rng(31)
VALUES = np.concatenate(
    [np.arange(300), 2 ** RANDOM.uniform(0, 32, 4000), [2**32 - 1, 2**31, 2**16]]
).astype(np.uint32)
OCTAVES = 1 << RANDOM.integers(0, 32, 2000)


def fine(values: np.ndarray) -> np.ndarray:
    """Return how often each fine token occurs, as one table."""
    return np.bincount(tokens.split(values.astype(np.uint32), FINE)[0], minlength=256)[None]


@pytest.mark.parametrize("hybrid", TRIED)
def test_tokens_are_unions(hybrid: Hybrid) -> None:
    """A fine token tells the token of every other hybrid integer, and the bits it needs more."""
    token, _, widths = tokens.split(VALUES, FINE)
    other, _, wider = tokens.split(VALUES, hybrid)
    coarse, more = union_of(hybrid)
    assert np.array_equal(coarse[token], other)
    assert np.array_equal(more[token], wider.astype(int) - widths)
    folded, bits = fold(fine(VALUES), hybrid)
    assert np.array_equal(folded[0], np.bincount(other, minlength=256))
    assert bits == int(wider.sum(dtype=int)) - int(widths.sum(dtype=int))


@pytest.mark.parametrize(
    ("values", "hybrid"),
    [
        (RANDOM.geometric(0.3, 20_000), FINE),
        (np.exp2(RANDOM.normal(20, 0.1, 20_000)), Hybrid(split=4, msb=1, lsb=0)),
        (OCTAVES + RANDOM.integers(0, OCTAVES), Hybrid(split=1, msb=0, lsb=0)),
        (2 * RANDOM.geometric(0.001, 20_000), Hybrid(split=4, msb=1, lsb=1)),
    ],
)
def test_the_cheapest_is_taken(values: np.ndarray, hybrid: Hybrid) -> None:
    """Small values, wide ones of a narrow range, octaves that are alike, and even numbers."""
    picked, bits = pick_hybrid(fine(values), 64)
    assert picked == hybrid
    folded, _ = fold(fine(values), picked)
    assert not folded[:, 64:].any() and bits > 0


def test_more_tokens_where_the_level_has_them() -> None:
    """Wide values that need few bits of the mantissa keep more of them at level 2."""
    values = np.exp2(RANDOM.normal(20, 0.05, 20_000))
    narrow, more = pick_hybrid(fine(values), 64)
    wide, less = pick_hybrid(fine(values), 256)
    assert wide.msb > narrow.msb and less < 0.9 * more
