"""Frequencies: tables that fit, cost little, and are the same everywhere."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dombit.entropy.choose import (
    bits_of,
    entropies_of,
    entropy_bits,
    frequencies_of,
    table_cost_bits,
)
from dombit.entropy.choose.costs import UNIT, log2_units
from dombit.entropy.choose.frequencies import nearest_frequencies
from dombit.entropy.tables import write_tables

COUNTS = st.lists(
    st.integers(0, 2) | st.integers(0, 100) | st.integers(0, 2**31), min_size=1, max_size=256
)


def row(counts: list[int]) -> np.ndarray:
    """Return one histogram [1, 256]."""
    histogram = np.zeros((1, 256), np.int64)
    histogram[0, : len(counts)] = counts
    return histogram


def entropy(counts: np.ndarray) -> float:
    """Return the entropy of a histogram in floating point."""
    some = counts[counts > 0]
    return float((some * np.log2(some.sum() / some)).sum())


@settings(deadline=None, max_examples=100)
@given(counts=COUNTS)
@example(counts=[1] * 256)
@example(counts=[10**9] + [1] * 255)
@example(counts=[1] * 255 + [10**9])
@example(counts=[72] * 56 + [1] * 200)
@example(counts=[0] * 256)
@example(counts=[0] * 255 + [1])
def test_any_histogram_has_a_table(counts: list[int]) -> None:
    """Frequencies sum to 4096, every token that occurs has one, and the stream can hold them."""
    histogram = row(counts)
    frequencies = frequencies_of(histogram)
    assert frequencies.dtype == np.uint16 and int(frequencies.sum()) == 4096
    assert ((frequencies > 0) == (histogram > 0)).all() or not any(counts)
    assert len(write_tables(frequencies)) == (int(table_cost_bits(frequencies)[0]) + 7) // 8


@settings(deadline=None, max_examples=100)
@given(counts=COUNTS)
def test_moves_never_lose(counts: list[int]) -> None:
    """The improved table costs no more than the nearest one."""
    histogram = row(counts)
    rough = nearest_frequencies(histogram, moves=0).astype(np.uint16)
    assert bits_of(histogram, frequencies_of(histogram)) <= bits_of(histogram, rough)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.8, 0.95])
def test_usual_tables_cost_little(ratio: float) -> None:
    """For geometric histograms the table is within half a percent of the entropy."""
    counts = row(np.floor(1e6 * ratio ** np.arange(60)).astype(int).tolist())
    bits = float(bits_of(counts, frequencies_of(counts))[0])
    assert 0.9999 * entropy(counts) < bits < 1.005 * entropy(counts)


def test_a_missing_frequency_costs_more_than_any_other() -> None:
    """A token that the table does not hold makes the price prohibitive."""
    counts = row([1, 1])
    assert bits_of(counts, frequencies_of(row([1]))) >= 64


@settings(deadline=None, max_examples=100)
@given(counts=COUNTS)
def test_the_entropy_is_that_of_floating_point(counts: list[int]) -> None:
    """Integer arithmetic gives the entropy to 1/30000 bit a symbol."""
    histogram = row(counts)[0]
    assert abs(entropy_bits(histogram) - entropy(histogram)) <= histogram.sum() / 30_000


@settings(deadline=None, max_examples=100)
@given(count=st.integers(1, 2**50))
def test_integer_logarithms_are_close(count: int) -> None:
    """The logarithm of any count errs by less than 1/30000."""
    found = int(log2_units(np.array([count], np.int64))[0]) / UNIT
    assert abs(found - float(np.log2(float(count)))) < 1 / 30_000


def test_tables_are_the_same_everywhere() -> None:
    """Frequencies of known histograms have a known checksum."""
    number = np.arange(64 * 256, dtype=np.int64).reshape(64, 256)
    counts = (number * 2654435761 % 2**32 >> number % 29) * (number % 5 < 4)
    assert zlib.crc32(frequencies_of(counts).astype("<u2").tobytes()) == 4285172429


def test_entropies_of_rows() -> None:
    """The entropies of many histograms are those of each, exactly; empty ones have none."""
    counts = np.random.default_rng(7).integers(0, 9, (40, 30)) ** 6
    counts[3], counts[5, 1:] = 0, 0
    assert entropies_of(counts).tolist() == [entropy_bits(row) for row in counts]
    assert entropies_of(counts)[3] == entropies_of(counts)[5] == 0
