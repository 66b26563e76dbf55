"""Tokens: hybrid integers of any configuration come back."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.entropy.tokens import extra_widths, join, split
from dombit.errors import UsageError
from dombit.records import Hybrid

HYBRIDS = [
    Hybrid(split=s, msb=i, lsb=j) for s in range(8) for i in range(s + 1) for j in range(s + 1 - i)
]
VALUES = st.integers(0, 31).flatmap(lambda n: st.integers(1 << n >> 1, (2 << n) - 1))


def last(hybrid: Hybrid) -> int:
    """Return the first token beyond 32 bits."""
    return (1 << hybrid.split) + ((32 - hybrid.split) << (hybrid.msb + hybrid.lsb))


@settings(deadline=None, max_examples=60)
@given(hybrid=st.sampled_from(HYBRIDS), values=st.lists(VALUES, max_size=40))
def test_values_come_back(oracle: ModuleType, hybrid: Hybrid, values: list[int]) -> None:
    """Split and join are inverse, as the oracle has it, wherever the tokens suffice."""
    numbers = np.array(values, np.uint32)
    try:
        tokens, extra, widths = split(numbers, hybrid)
    except UsageError:
        assert last(hybrid) > 256
        return
    assert (tokens.dtype, extra.dtype, widths.dtype) == (np.uint8, np.uint32, np.uint8)
    assert join(tokens, extra, hybrid).tolist() == values
    assert (extra_widths(tokens, hybrid) == widths).all()
    assert all(
        more < 1 << width for more, width in zip(extra.tolist(), widths.tolist(), strict=True)
    )
    parts = hybrid.split, hybrid.msb, hybrid.lsb
    assert [oracle.hybrid_width(token, *parts) for token in tokens.tolist()] == widths.tolist()
    pairs = zip(tokens.tolist(), extra.tolist(), strict=True)
    assert [oracle.hybrid_join(token, more, *parts) for token, more in pairs] == values


@pytest.mark.parametrize("hybrid", [*HYBRIDS[::7], Hybrid()])
def test_tokens_cover_the_numbers(hybrid: Hybrid) -> None:
    """Each value below 70000 has one token, and the token's lowest bits are the value's."""
    values = np.arange(70_000, dtype=np.uint32)
    try:
        tokens, extra, _ = split(values, hybrid)
    except UsageError:
        assert last(hybrid) > 256
        return
    assert (join(tokens, extra, hybrid) == values).all()
    assert np.unique(tokens.astype(np.int64) << 32 | extra).size == values.size
    assert ((tokens ^ values.astype(np.uint8)) & ((1 << hybrid.lsb) - 1) == 0).all()


def test_the_default_has_known_tokens() -> None:
    """Split 16, two bits above and one below: the tokens of some values."""
    values = np.array([0, 15, 16, 17, 31, 32, 1000, 2**32 - 1], np.uint32)
    tokens, extra, widths = split(values, Hybrid())
    assert tokens.tolist() == [0, 15, 16, 17, 23, 24, 62, 239]
    assert widths.tolist() == [0, 0, 1, 1, 1, 2, 6, 28]
    assert extra.tolist() == [0, 0, 0, 0, 1, 0, 52, 2**28 - 1]


@pytest.mark.parametrize("hybrid", [each for each in HYBRIDS if last(each) < 256])
def test_tokens_beyond_32_bits_are_refused(refused: Any, hybrid: Hybrid) -> None:
    """The largest token is taken, the next one is forbidden in both readers."""
    good = np.array([0, last(hybrid) - 1], np.uint8)
    more = np.array([0, (1 << int(extra_widths(good, hybrid)[1])) - 1], np.uint32)
    assert join(good, more, hybrid)[1] == 2**32 - 1
    bad = np.array([0, last(hybrid)], np.uint8)
    with refused("R-ENT-016", "forbidden-value", "segment"):
        extra_widths(bad, hybrid)
    with refused("R-ENT-016", "forbidden-value", "segment"):
        join(bad, np.zeros(2, np.uint32), hybrid)


def test_long_sequences_are_taken_in_chunks() -> None:
    """A million values of all sizes come back."""
    rng = np.random.default_rng(1)
    values = (rng.integers(0, 1 << 32, 600_000) >> rng.integers(0, 32, 600_000)).astype(np.uint32)
    tokens, extra, _ = split(values, Hybrid())
    assert (join(tokens, extra, Hybrid()) == values).all()
