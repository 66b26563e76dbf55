"""INT coding: patterns as magnitude and sign, as patterns, or as halves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dombit.arithmetic import pattern_type
from dombit.dtypes import BY_NAME, DTYPES, DType
from dombit.errors import DombitError
from dombit.quantization import integers

INT_DTYPES = [d for d in DTYPES if d.family in ("bool", "uint", "int", "bits")]


def refused(rule: str, call, *arguments) -> None:
    """Check that a call fails with a rule, as a forbidden value of stage reconstruction."""
    with pytest.raises(DombitError) as caught:
        call(*arguments)
    assert caught.value.rule == rule
    assert (caught.value.kind, caught.value.stage) == ("forbidden-value", "reconstruction")


@st.composite
def runs(draw):
    """Draw a dtype and patterns, the ends of its range among them."""
    dtype = draw(st.sampled_from(INT_DTYPES))
    top = (1 << dtype.bits) - 1
    pattern = st.integers(0, top) | st.sampled_from([0, 1, top, top >> 1, (top >> 1) + 1])
    return dtype, np.array(draw(st.lists(pattern, max_size=40)), dtype=pattern_type(dtype))


@given(runs())
def test_patterns_come_back(run: tuple[DType, np.ndarray]) -> None:
    """Every pattern of every dtype survives."""
    dtype, patterns = run
    values, negative = integers.int_split(patterns, dtype)
    assert values.dtype == np.uint32
    assert (negative is not None) == integers.has_sign(dtype)
    again = integers.int_join(values, negative, dtype)
    assert again.dtype == patterns.dtype
    np.testing.assert_array_equal(again, patterns)


@pytest.mark.parametrize("dtype", [d for d in INT_DTYPES if d.bits <= 16], ids=lambda d: d.name)
def test_all_narrow_patterns_come_back(dtype: DType) -> None:
    """Every pattern of up to 16 bits survives; a signed one is its magnitude and sign."""
    patterns = np.arange(1 << dtype.bits).astype(pattern_type(dtype))
    values, negative = integers.int_split(patterns, dtype)
    np.testing.assert_array_equal(integers.int_join(values, negative, dtype), patterns)
    if negative is not None:
        numbers = np.where(negative, -values.astype(np.int64), values)
        half = 1 << (dtype.bits - 1)
        np.testing.assert_array_equal(numbers, (np.arange(2 * half) + half) % (2 * half) - half)


def test_symbols_of_known_integers() -> None:
    """Magnitudes, nibbles and halves of a few integers, by hand from the text."""
    values, negative = integers.int_split(np.uint8([0, 0xFF, 0x80]), BY_NAME["i8"])
    assert (values.tolist(), negative.tolist()) == ([0, 1, 128], [False, True, True])
    values, negative = integers.int_split(np.uint8([0xF, 0x8, 0x7]), BY_NAME["i4"])
    assert (values.tolist(), negative.tolist()) == ([1, 8, 7], [True, True, False])
    patterns = np.array([-1, 1, -(2**63)], dtype=np.int64).view(np.uint64)
    values, _ = integers.int_split(patterns, BY_NAME["i64"])
    assert values.tolist() == [0, 1, 0, 2, 2**32 - 1, 2**32 - 1]
    values, _ = integers.int_split(np.uint64([5 << 32 | 7]), BY_NAME["u64"])
    assert values.tolist() == [5, 7]


def test_signs_of_unsigned_dtypes_are_not_looked_at() -> None:
    """A decoder may hand over all-false signs for them."""
    values = np.uint32([3, 200])
    signs = np.zeros(2, dtype=bool)
    assert integers.int_join(values, signs, BY_NAME["u8"]).tolist() == [3, 200]


@pytest.mark.parametrize("name", ["u8", "bool", "u16", "u4", "u2", "f4_e2m1", "f6_e3m2", "opaque8"])
def test_patterns_too_wide_are_refused(name: str) -> None:
    """A value of more bits than the dtype has is forbidden."""
    dtype = BY_NAME[name]
    integers.int_join(np.uint32([(1 << dtype.bits) - 1]), None, dtype)
    refused("R-QUA-004", integers.int_join, np.uint32([0, 1 << dtype.bits]), None, dtype)


@pytest.mark.parametrize("name", ["i8", "i16", "i32", "i4", "i2"])
def test_magnitudes_too_large_are_refused(name: str) -> None:
    """2^(b-1) needs the sign -, and more is forbidden with either sign."""
    dtype = BY_NAME[name]
    half = 1 << (dtype.bits - 1)
    yes, no = np.array([True]), np.array([False])
    assert integers.int_join(np.uint32([half]), yes, dtype).tolist() == [half]
    refused("R-QUA-005", integers.int_join, np.uint32([half]), no, dtype)
    refused("R-QUA-005", integers.int_join, np.uint32([half + 1]), yes, dtype)


@given(st.lists(st.integers(-(2**31) + 1, 2**31 - 1), max_size=30))
def test_levels_come_back(numbers: list[int]) -> None:
    """Levels survive as magnitude and sign."""
    levels = integers.levels_join(*integers.levels_split(np.array(numbers, dtype=np.int32)))
    assert levels.dtype == np.int64
    assert levels.tolist() == numbers


def test_levels_too_large_are_refused() -> None:
    """2^31 is no level, whatever its sign."""
    for sign in (True, False):
        refused("R-QUA-006", integers.levels_join, np.uint32([2**31]), np.array([sign]))
