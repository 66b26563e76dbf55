"""Tables: what is read is what was written, and each fault has its rule."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dombit.entropy.choose import frequencies_of, table_cost_bits
from dombit.entropy.tables import (
    read_tables,
    remainder_token,
    representable,
    slot_tables,
    symbol_table,
    write_tables,
)
from dombit.errors import DombitError, UsageError

HISTOGRAMS = st.lists(
    st.lists(st.integers(0, 3) | st.integers(0, 10**6), min_size=1, max_size=256),
    min_size=1,
    max_size=3,
)


def table_set(histograms: list[list[int]]) -> np.ndarray:
    """Return frequencies for some histograms."""
    counts = np.zeros((len(histograms), 256), np.int64)
    for row, histogram in enumerate(histograms):
        counts[row, : len(histogram)] = histogram
    return frequencies_of(counts)


def stream(*fields: tuple[int, int]) -> bytes:
    """Return (value, width) fields as an LSB-first bit stream."""
    value, at = 0, 0
    for field, width in fields:
        value |= field << at
        at += width
    return value.to_bytes((at + 7) // 8, "little")


@settings(deadline=None, max_examples=60)
@given(histograms=HISTOGRAMS)
@example(histograms=[[1] * 256])
@example(histograms=[[10**9] + [1] * 255])
@example(histograms=[[0] * 255 + [1]])
def test_tables_come_back(oracle: ModuleType, histograms: list[list[int]]) -> None:
    """Room and oracle read the frequencies that were written, in the bits that were priced."""
    frequencies = table_set(histograms)
    data = write_tables(frequencies)
    assert len(data) == (int(table_cost_bits(frequencies).sum()) + 7) // 8
    assert (read_tables(data, len(histograms), 256) == frequencies).all()
    plain = oracle.read_tables(data, len(histograms), 256)
    for row, table in zip(frequencies, plain, strict=True):
        assert row.tolist() == table + [0] * (256 - len(table))


@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=40), count=st.integers(0, 3))
def test_any_bytes_are_read_or_refused_as_by_the_oracle(
    oracle: ModuleType, data: bytes, count: int
) -> None:
    """Whatever the bytes, the room agrees with the oracle on frequencies or on the kind."""
    try:
        expected: Any = oracle.read_tables(data, count, 64)
    except ValueError as refusal:
        with pytest.raises(DombitError) as caught:
            read_tables(data, count, 64)
        assert caught.value.kind == str(refusal)
    else:
        found = read_tables(data, count, 64).tolist()
        assert found == [table + [0] * (256 - len(table)) for table in expected]


@settings(deadline=None, max_examples=60)
@given(histograms=HISTOGRAMS)
def test_prefixes_are_malformed(histograms: list[list[int]]) -> None:
    """A table set without its last byte is never complete."""
    data = write_tables(table_set(histograms))
    with pytest.raises(DombitError) as caught:
        read_tables(data[:-1], len(histograms), 256)
    assert (caught.value.rule, caught.value.kind) == ("R-ENT-006", "malformed")


FAULTS = {
    "more tokens than the level allows": ("R-ENT-001", stream((64, 8), (0, 8), *[(0, 1)] * 64)),
    "a remainder token outside": ("R-ENT-002", stream((1, 8), (2, 8), (0, 1))),
    "an explicit log-count of 13": ("R-ENT-003", stream((1, 8), (0, 8), (7, 3), (13, 4))),
    "a log-count one above 12": (
        "R-ENT-003",
        stream((2, 8), (0, 8), (7, 3), (12, 4), (0, 6), (3, 3)),
    ),
    "a log-count one below 0": ("R-ENT-004", stream((1, 8), (0, 8), (1, 2))),
    "nothing left for the remainder": (
        "R-ENT-005",
        stream((2, 8), (0, 8), (7, 3), (12, 4), (0, 6), (0, 1), (0, 6)),
    ),
    "set pad bits": ("R-ENT-007", stream((1, 8), (0, 8), (0, 1), (64, 7))),
    "a byte behind the tables": ("R-ENT-008", stream((0, 8), (0, 8), (0, 8))),
    "a set of no tables with a byte": ("R-ENT-008", b"\0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_rule(refused: Any, fault: str) -> None:
    """A table set with one fault is refused for exactly that."""
    rule, data = FAULTS[fault]
    kind = "malformed" if rule in ("R-ENT-005", "R-ENT-008") else "forbidden-value"
    for stage in ("parameters", "segment"):
        with refused(rule, kind, stage):
            read_tables(data, 0 if data == b"\0" else 1, 64, stage)


def test_the_largest_sent_frequency_is_read() -> None:
    """Log-count 12 with all bits set leaves 32 to the remainder token."""
    data = stream((1, 8), (0, 8), (7, 3), (12, 4), (63, 6))
    assert read_tables(data, 1, 64)[0, :2].tolist() == [32, 4064]


def test_a_table_that_cannot_be_sent_is_not_written() -> None:
    """Two frequencies that no log-count can say, or a wrong sum, are a usage error."""
    table = np.zeros((1, 256), np.uint16)
    table[0, :3] = 4096 - 9 - 11, 9, 11
    assert [representable(f) for f in (9, 10, 11, 4064, 4080)] == [False, True, False, True, False]
    with pytest.raises(UsageError):
        write_tables(table)
    with pytest.raises(UsageError):
        remainder_token([4000])


def test_the_remainder_is_the_token_that_cannot_be_sent() -> None:
    """Where one frequency needs more bits than there are, that token is not sent."""
    table = np.zeros((1, 256), np.uint16)
    table[0, :4] = 2048, 1023, 1024, 1
    assert remainder_token(table[0].tolist()) == 1
    assert remainder_token([2048, 1024, 1008, 16]) == 0
    assert (read_tables(write_tables(table), 1, 64) == table).all()


@settings(deadline=None, max_examples=60)
@given(histograms=HISTOGRAMS)
def test_slots_follow_the_tokens(histograms: list[list[int]]) -> None:
    """Each token has its f slots in order, and the idle table leaves states alone."""
    frequencies = table_set(histograms)
    slots = slot_tables(frequencies).astype(np.int64)
    assert slots.shape == (len(histograms) + 1, 4096)
    for row, table in zip(slots, frequencies.astype(np.int64), strict=False):
        token = row & 255
        assert (np.bincount(token, minlength=256) == table).all() and (np.diff(token) >= 0).all()
        assert (row >> 20 == table[token] - 1).all()
        before = np.cumsum(table) - table
        assert ((row >> 8 & 4095) == np.arange(4096) - before[token]).all()
    assert (slots[-1] == (4095 << 20 | np.arange(4096) << 8)).all()


def test_the_symbol_table_holds_bounds() -> None:
    """An encoder's entry is the frequency and the sum of those before it; the last is idle."""
    packed = symbol_table(table_set([[3, 0, 1]])).reshape(2, 256)
    assert packed[0, 0] & 0xFFFF == 4096 - packed[0, 2] % 65536
    assert packed[0, 2] >> 16 == packed[0, 0] & 0xFFFF
    assert (packed[1] == 4096).all()
