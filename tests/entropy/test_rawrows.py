"""Raw rows: each row of fields begins at a byte."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.entropy.rawbits import CHUNK
from dombit.entropy.rawrows import read_rows, row_sizes, write_rows

ROWS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 50), st.integers(1, 3)), max_size=8)


def random_fields(counts: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return random values that fit the widths of their rows."""
    values = np.random.default_rng(9).integers(0, 1 << 63, int(counts.sum())).astype(np.uint64)
    each = np.repeat(widths, counts).astype(np.uint64)
    return values & ((np.uint64(1) << each) - np.uint64(1))


@settings(deadline=None, max_examples=60)
@given(rows=ROWS)
def test_rows_come_back(oracle: ModuleType, rows: list[tuple[int, int, int]]) -> None:
    """Rows of any counts and widths, alike or not, hold what the oracle finds in them."""
    counts = np.array([count for count, _, times in rows for _ in range(times)], np.int64)
    widths = np.array([width for _, width, times in rows for _ in range(times)], np.int64)
    values = random_fields(counts, widths)
    data = write_rows(values, counts, widths)
    assert data.size == int(row_sizes(counts, widths).sum())
    found, used = read_rows(np.append(data, np.uint8(255)), counts, widths)
    assert used == data.size and (found == values).all()
    assert oracle.read_rows(data.tobytes(), counts.tolist(), widths.tolist()) == values.tolist()


@pytest.mark.parametrize(
    ("counts", "widths"),
    [
        ([2048] * 40 + [3000] * 90, [21] * 130),
        ([CHUNK + 5, 2 * CHUNK + 1], [22, 22]),
        ([700, 701, 702, 1] * 100, [21, 22, 0, 50] * 100),
        ([CHUNK * 2 + 3] + [1] * 500, [21] * 501),
        ([27] * 9000, [21] * 9000),
        ([0] * 3000 + [4096], [13] * 3001),
        ([5000, 0, 5000], [0, 21, 50]),
    ],
    ids=["runs", "long", "ragged", "long among short", "alike", "empty rows", "no width"],
)
def test_large_rows_come_back(counts: list[int], widths: list[int]) -> None:
    """Runs of like rows, and rows of all sizes, are read whichever way is taken."""
    many, wide = np.array(counts, np.int64), np.array(widths, np.int64)
    values = random_fields(many, wide)
    found, used = read_rows(write_rows(values, many, wide), many, wide)
    assert used == int(row_sizes(many, wide).sum()) and (found == values).all()


def test_missing_bytes_are_malformed(refused: Any) -> None:
    """Rows that reach beyond the data are refused."""
    counts, widths = np.array([3, 3]), np.array([7, 7])
    data = np.zeros(6, np.uint8)
    assert read_rows(data, counts, widths)[1] == 6
    with refused("R-SEG-030", "malformed", "segment"):
        read_rows(data[:-1], counts, widths)


@pytest.mark.parametrize("byte", [2, 5])
def test_set_pad_bits_are_refused(refused: Any, byte: int) -> None:
    """The bits between the last field of a row and the next byte are zero, in every row."""
    data = np.zeros(6, np.uint8)
    data[byte] = 0x10
    assert read_rows(data, np.array([3, 3]), np.array([7, 7]))[0].tolist().count(64) == 1
    data[byte] = 0x20
    with refused("R-SEG-031", "forbidden-value", "segment"):
        read_rows(data, np.array([3, 3]), np.array([7, 7]))
