"""Contexts: the table of every element, for any stretch of a tensor."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.entropy.contexts import CHUNK, dense_tables

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5))


@settings(deadline=None, max_examples=60)
@given(
    shape=SHAPES,
    axes=st.integers(0, 7),
    bias=st.integers(-200, 70) | st.sampled_from([-(2**53) + 1, 2**53 - 1]),
    data=st.data(),
)
def test_tables_are_those_of_the_oracle(
    oracle: ModuleType, shape: tuple[int, int, int], axes: int, bias: int, data: st.DataObject
) -> None:
    """Any stretch of any tensor, with any axis groups switched on, gets the oracle's tables."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    some = [
        rng.integers(0, 64, n).astype(np.uint8) if axes >> g & 1 else None
        for g, n in enumerate(shape)
    ]
    table_map = rng.integers(0, 256, 64).astype(np.uint8)
    size = int(np.prod(shape))
    first = data.draw(st.integers(0, size))
    count = data.draw(st.integers(0, size - first))
    found = dense_tables(shape, (some[0], some[1], some[2]), bias, table_map, first, count)
    plain = [None if each is None else each.tolist() for each in some]
    expected = oracle.dense_tables(shape, plain, bias, table_map.tolist())
    assert found.dtype == np.uint16 and found.tolist() == expected[first : first + count]


@pytest.mark.parametrize("shape", [(3, 2 * CHUNK + 5, 1), (1, 3, CHUNK), (700, 30, 9)])
def test_long_stretches_are_taken_in_chunks(shape: tuple[int, int, int]) -> None:
    """Large tensors get the tables of the plain formula."""
    rng = np.random.default_rng(3)
    a, b, c = (rng.integers(0, 12, n).astype(np.uint8) for n in shape)
    table_map = rng.permutation(64).astype(np.uint8)
    sums = a[:, None, None].astype(int) + b[None, :, None] + c - 9
    plain = table_map[np.clip(sums, 0, 63)].reshape(-1)
    found = dense_tables(shape, (a, b, c), -9, table_map, 11, plain.size - 20)
    assert (found == plain[11:-9]).all()
