"""FLOAT coding: every bit pattern comes back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.arithmetic import bits_type
from dombit.dtypes import BY_NAME, DTYPES, FloatLayout
from dombit.errors import DombitError
from dombit.quantization import exact
from dombit.quantization.choose import exponent_histogram, pick_exponent_window

LAYOUTS = sorted({d.layout for d in DTYPES if d.layout}, key=lambda layout: layout.bits)
F32 = FloatLayout(8, 23)


def refused(rule: str, kind: str, stage: str, call, *arguments) -> None:
    """Check that a call fails with a rule, a kind and a stage."""
    with pytest.raises(DombitError) as caught:
        call(*arguments)
    assert (caught.value.rule, caught.value.kind, caught.value.stage) == (rule, kind, stage)


def join(symbols: exact.FloatSymbols, zeros, layout, first: int, count: int) -> np.ndarray:
    """Join symbols as a decoder does that has read the side stream by widths."""
    widths = exact.side_widths(symbols.tokens, count, layout)
    np.testing.assert_array_equal(widths[symbols.tokens != 0], symbols.side_widths)
    assert all(
        int(v) < 1 << int(w) for v, w in zip(symbols.side_values, symbols.side_widths, strict=True)
    )
    signs = np.ones(symbols.tokens.size, dtype=np.uint8)  # not looked at where the token is 0
    signs[symbols.tokens != 0] = symbols.side_values & 1
    escapes = symbols.side_values[symbols.side_widths > 1] >> 1
    return exact.float_join(
        symbols.tokens, signs, escapes, symbols.raw, zeros, layout, first, count
    )


@st.composite
def float_runs(draw):
    """Draw a layout, patterns, zero low bits for each, and a window of exponents."""
    layout = draw(st.sampled_from(LAYOUTS))
    top = (1 << layout.bits) - 1
    infinity = ((1 << layout.exponent_bits) - 1) << layout.mantissa_bits
    special = [0, 1 << (layout.bits - 1), 1, infinity, infinity | 1, top, top ^ 1, infinity - 1]
    pattern = st.integers(0, top) | st.sampled_from(special)
    patterns = np.array(draw(st.lists(pattern, max_size=40)), dtype=bits_type(layout.bits))
    zeros = np.zeros(patterns.size, dtype=np.uint8)
    zeros[:] = draw(
        st.lists(
            st.integers(0, layout.mantissa_bits - 2),
            min_size=patterns.size,
            max_size=patterns.size,
        )
    )
    patterns = patterns >> zeros.astype(patterns.dtype) << zeros.astype(patterns.dtype)
    first = draw(st.integers(0, (1 << layout.exponent_bits) - 1))
    count = draw(st.integers(1, min(63, (1 << layout.exponent_bits) - first)))
    return layout, patterns, zeros, first, count


@given(float_runs())
def test_patterns_come_back(run) -> None:
    """NaN payloads, infinities, -0 and subnormals survive in any window, with any zero bits."""
    layout, patterns, zeros, first, count = run
    symbols = exact.float_split(patterns, zeros, layout, first, count)
    again = join(symbols, zeros, layout, first, count)
    assert again.dtype == patterns.dtype
    np.testing.assert_array_equal(again, patterns)
    widths = layout.mantissa_bits - 2 - zeros[symbols.tokens != 0]
    assert all(int(r) < 1 << int(w) for r, w in zip(symbols.raw, widths, strict=True))


@pytest.mark.parametrize("layout", LAYOUTS[:4])
@pytest.mark.parametrize("window", [(0, 1), (3, 4), (7, 9)])
def test_all_narrow_patterns_come_back(layout: FloatLayout, window: tuple[int, int]) -> None:
    """Every pattern of 8 and 16 bits survives."""
    patterns = np.arange(1 << layout.bits, dtype=bits_type(layout.bits))
    symbols = exact.float_split(patterns, 0, layout, *window)
    np.testing.assert_array_equal(join(symbols, 0, layout, *window), patterns)


def test_more_than_a_chunk_comes_back() -> None:
    """Counts of raw fields and escapes carry over from one chunk to the next."""
    rng = np.random.default_rng(2)
    numbers = rng.standard_normal(200_000).astype(np.float32)
    numbers[rng.random(200_000) < 0.3] = 0
    numbers[::1000] = np.inf
    numbers[1::1000] = -0.0
    numbers[70_000:140_000] = 1.5
    patterns = numbers.view(np.uint32)
    zeros = (rng.integers(0, 4, 200_000)).astype(np.uint8)
    patterns = patterns >> zeros << zeros
    window = pick_exponent_window(exponent_histogram(patterns, F32), 15)
    symbols = exact.float_split(patterns, zeros, F32, *window)
    assert np.count_nonzero(symbols.tokens == exact.escape_token(window[1])) > 200
    np.testing.assert_array_equal(join(symbols, zeros, F32, *window), patterns)


def test_symbols_of_known_numbers() -> None:
    """Token, side bits and raw field of a few fp32 numbers, by hand from the text."""
    numbers = np.float32([0.0, -0.0, 1.0, -1.75, 3.0, 2.0**-149])
    symbols = exact.float_split(numbers.view(np.uint32), 0, F32, 127, 1)
    assert symbols.tokens.tolist() == [0, 5, 1, 4, 5, 5]
    assert symbols.side_values.tolist() == [1, 0, 1, 128 << 1 | 2 << 9, 0]
    assert symbols.side_widths.tolist() == [11, 1, 1, 11, 11]
    assert symbols.raw.tolist() == [0, 0, 0, 0, 1]


def test_other_spellings_are_legal() -> None:
    """An escape inside the window, and +0 with a token of its exponent, decode as they say."""
    none = np.zeros(1, dtype=np.uint64)
    escape = np.array([127 | 1 << 8], dtype=np.uint32)
    one = exact.float_join(np.uint8([5]), np.uint8([1]), escape, none, 0, F32, 127, 1)
    assert one.view(np.float32).tolist() == [-1.25]
    zero = exact.float_join(np.uint8([1]), np.uint8([0]), escape[:0], none, 0, F32, 0, 1)
    assert zero.tolist() == [0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_low_zeros_are_shared_by_a_row(layout: FloatLayout) -> None:
    """Each row's number is the smallest of its elements', M - 2 at most."""
    most = layout.mantissa_bits - 2
    number = bits_type(layout.bits)
    tops = number(1 << (layout.bits - 1) | 1 << layout.mantissa_bits)
    rows = np.zeros((most + 4, 5), dtype=number)
    for zeros in range(most + 2):
        rows[zeros] = tops | number(1) << number(zeros)
        rows[zeros, 2] = 0
    rows[most + 2] = tops
    expected = [min(zeros, most) for zeros in range(most + 2)] + [most, most]
    assert exact.low_zeros(rows, layout).tolist() == expected
    assert exact.low_zeros(rows[:, :0], layout).tolist() == [most] * (most + 4)


def test_raw_widths() -> None:
    """A raw field has the mantissa's bits less two and the zero ones: up to 50."""
    assert exact.raw_width(BY_NAME["f64"].layout, 0) == 50
    assert exact.raw_width(F32, 21) == 0
    assert exact.raw_width(BY_NAME["f8_e5m2"].layout, 0) == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_too_many_zero_bits_are_refused(layout: FloatLayout) -> None:
    """M - 2 is the end, for one number and for an array."""
    most = layout.mantissa_bits - 2
    exact.check_zero_bits(np.uint8([0, most]), layout)
    wrong = ("R-QUA-003", "forbidden-value", "segment")
    refused(*wrong, exact.check_zero_bits, np.uint8([0, most + 1]), layout)
    refused(*wrong, exact.raw_width, layout, most + 1)


def test_a_window_beyond_the_exponents_is_refused() -> None:
    """First exponent and count must fit the exponent field, alone and in float_join."""
    exact.check_window(255, 1, F32)
    wrong = ("R-QUA-001", "forbidden-value", "parameters")
    refused(*wrong, exact.check_window, 255, 2, F32)
    nothing = np.zeros(0, dtype=np.uint8)
    wide = nothing.astype(np.uint32)
    refused(*wrong, exact.float_join, nothing, nothing, wide, wide, 0, F32, 250, 7)


def test_tokens_above_the_escape_are_refused() -> None:
    """4K + 1 is the largest token, for widths and for joining."""
    tokens = np.uint8([0, 9, 10])
    wrong = ("R-QUA-002", "forbidden-value", "segment")
    assert exact.side_widths(tokens[:2], 2, F32).tolist() == [0, 11]
    refused(*wrong, exact.side_widths, tokens, 2, F32)
    signs, wide = tokens, np.zeros(2, dtype=np.uint32)
    refused(*wrong, exact.float_join, tokens, signs, wide[:1], wide, 0, F32, 0, 2)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 50), min_size=4, max_size=32), st.integers(1, 12))
def test_the_window_leaves_fewest_outside(counts: list[int], most: int) -> None:
    """No other window of that width holds more, and the chosen one is not wider than needed."""
    histogram = np.array(counts, dtype=np.int64)
    first, count = pick_exponent_window(histogram, most)
    held = histogram[first : first + count].sum()
    assert 1 <= count <= most
    assert held == max(histogram[at : at + most].sum() for at in range(len(counts)))
    assert not held or (histogram[first] and histogram[first + count - 1])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_histogram_leaves_zero_out(layout: FloatLayout) -> None:
    """+0 is not counted, -0 and subnormals are."""
    number = bits_type(layout.bits)
    patterns = np.array([0, 1 << (layout.bits - 1), 1, 0, 3 << layout.mantissa_bits], dtype=number)
    histogram = exponent_histogram(patterns, layout)
    assert histogram.size == 1 << layout.exponent_bits
    assert {int(at): int(histogram[at]) for at in np.flatnonzero(histogram)} == {0: 2, 3: 1}
