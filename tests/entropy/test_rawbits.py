"""Raw bits: fields of every width come back, and lie where the oracle finds them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.entropy.rawbits import CHUNK, read_fixed, read_variable, write_fixed, write_variable
from dombit.errors import UsageError


def random_fields(seed: int, widths: np.ndarray) -> np.ndarray:
    """Return random values that fit their widths."""
    values = np.random.default_rng(seed).integers(0, 1 << 63, widths.size).astype(np.uint64)
    return values & ((np.uint64(1) << widths.astype(np.uint64)) - np.uint64(1))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 70), width=st.integers(0, 50))
def test_fixed_fields_come_back(oracle: ModuleType, seed: int, count: int, width: int) -> None:
    """Fields of one width fill as few bytes as hold them, the rest of the last one is zero."""
    values = random_fields(seed, np.full(count, width))
    data = write_fixed(values, width)
    assert data.size == (count * width + 7) // 8
    assert (read_fixed(data, count, width) == values).all()
    padding = 8 * data.size - count * width
    assert oracle.read_fields(data.tobytes(), [width] * count + [padding]) == [*values.tolist(), 0]


@pytest.mark.parametrize("width", [1, 7, 8, 21, 33, 50])
def test_long_rows_are_taken_in_chunks(width: int) -> None:
    """More fields than a chunk holds come back."""
    values = random_fields(2, np.full(2 * CHUNK + 13, width))
    assert (read_fixed(write_fixed(values, width), values.size, width) == values).all()


def test_fixed_fields_beyond_the_data_are_a_usage_error() -> None:
    """The caller sees to it that there are enough bytes; a slip never reads outside."""
    with pytest.raises(UsageError):
        read_fixed(np.zeros(100, np.uint8), 1000, 21)


WIDTHS = st.sampled_from([[1], [0, 1], [1, 1, 1, 1, 1, 1, 1, 9], [0, 1, 5, 32], [32], [0]])


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 90), kinds=WIDTHS)
def test_variable_fields_come_back(
    oracle: ModuleType, seed: int, count: int, kinds: list[int]
) -> None:
    """Fields of mixed widths follow each other without gaps."""
    widths = np.random.default_rng(seed).choice(kinds, count).astype(np.uint8)
    values = random_fields(seed, widths).astype(np.uint32)
    data = write_variable(values, widths)
    assert data.size == (int(widths.sum()) + 7) // 8
    found = read_variable(data, widths)
    assert found.dtype == np.uint32 and (found == values).all()
    assert oracle.read_fields(data.tobytes(), widths.tolist()) == values.tolist()


@pytest.mark.parametrize("kinds", [[1], [0, 1], [1] * 12 + [7], [0, 1, 32, 5]])
def test_long_sequences_are_taken_in_chunks(kinds: list[int]) -> None:
    """Chunks meet inside a byte, and fields still come back."""
    widths = np.random.default_rng(4).choice(kinds, 2 * CHUNK + 77).astype(np.uint8)
    widths[:3] = kinds[0]
    values = random_fields(5, widths).astype(np.uint32)
    assert (read_variable(write_variable(values, widths), widths) == values).all()


@pytest.mark.parametrize("spare", ["bit", "byte"])
def test_set_bits_behind_the_fields_are_refused(refused: Any, spare: str) -> None:
    """One set bit behind the last field is forbidden, zero bytes there are not."""
    widths = np.array([3, 2], np.uint8)
    data = np.append(write_variable(np.array([5, 3], np.uint32), widths), np.uint8(0))
    assert read_variable(data, widths).tolist() == [5, 3]
    data[0 if spare == "bit" else 1] |= 32
    with refused("R-ENT-018", "forbidden-value", "segment"):
        read_variable(data, widths)


def test_variable_fields_beyond_the_data_are_a_usage_error() -> None:
    """Too few bytes, and fields of more than 32 bits, are the caller's fault."""
    with pytest.raises(UsageError):
        read_variable(np.zeros(1, np.uint8), np.array([9], np.uint8))
    with pytest.raises(UsageError):
        read_variable(np.zeros(9, np.uint8), np.array([33], np.uint8))
