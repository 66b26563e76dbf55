"""Exact arithmetic against other implementations: ml_dtypes, torch, and definitions."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dombit import arithmetic as arith
from dombit.dtypes import BY_NAME
from dombit.errors import UsageError

NARROW = list(arith.NARROW)
FNUZ = ["f8_e4m3fnuz", "f8_e5m2fnuz"]
MAXIMUM = {"f8_e4m3fn": 448.0, "f8_e4m3fnuz": 240.0, "f8_e5m2fnuz": 57344.0}
TORCH = {
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "f8_e4m3fn": torch.float8_e4m3fn,
    "f8_e5m2": torch.float8_e5m2,
    "f8_e4m3fnuz": torch.float8_e4m3fnuz,
    "f8_e5m2fnuz": torch.float8_e5m2fnuz,
}


def all_patterns(name: str) -> np.ndarray:
    """Return every bit pattern of a dtype of 8 or 16 bits."""
    bits = BY_NAME[name].bits
    return np.arange(1 << bits, dtype=f"u{bits // 8}")


def library_type(name: str) -> np.dtype:
    """Return NumPy's or ml_dtypes' type."""
    found = BY_NAME[name].numpy_dtype()
    assert found is not None
    return found


def edge_numbers(name: str) -> np.ndarray:
    """Return fp32 numbers: all of a dtype, the ties between them, all neighbours, and others."""
    numbers = all_patterns(name).view(library_type(name)).astype(np.float32)
    numbers = np.unique(numbers[np.isfinite(numbers)])
    ties = ((numbers[1:].astype(np.float64) + numbers[:-1]) / 2).astype(np.float32)
    seen = np.concatenate([numbers, ties, np.float32([-0.0, 1e38, -1e38, 464, 480, 65520, 61440])])
    random = np.random.default_rng(5).integers(0, 1 << 32, 200_000, dtype=np.uint32)
    with np.errstate(over="ignore"):
        near = [np.nextafter(seen, np.float32(end)) for end in (-np.inf, np.inf)]
    everything = np.concatenate([seen, *near, random.view(np.float32)])
    return everything[np.isfinite(everything)]


def by_library(name: str, numbers: np.ndarray) -> np.ndarray:
    """Return ml_dtypes' patterns, with the numbers that dombit saturates clipped beforehand."""
    if name in MAXIMUM:
        numbers = np.clip(numbers, -MAXIMUM[name], MAXIMUM[name])
    with np.errstate(over="ignore"):
        return numbers.astype(library_type(name)).view(f"u{BY_NAME[name].bits // 8}")


@pytest.mark.parametrize("name", NARROW)
def test_rounding_is_that_of_ml_dtypes(name: str) -> None:
    """Numbers, ties, neighbours, subnormals and overflow round as in ml_dtypes, bit for bit."""
    numbers = edge_numbers(name)
    rounded = arith.round_f32_to(BY_NAME[name], numbers)
    np.testing.assert_array_equal(rounded, by_library(name, numbers))


@pytest.mark.parametrize("name", NARROW)
def test_rounding_is_that_of_torch(name: str) -> None:
    """Torch's casts give the same bits wherever both stay finite."""
    numbers = edge_numbers(name)
    if name in MAXIMUM:
        numbers = numbers[np.abs(numbers) <= MAXIMUM[name]]
    width = f"u{BY_NAME[name].bits // 8}"
    cast = torch.from_numpy(numbers).to(TORCH[name])
    raw = cast.view(torch.uint8 if width == "u1" else torch.int16).numpy().view(width)
    np.testing.assert_array_equal(arith.round_f32_to(BY_NAME[name], numbers), raw)


@pytest.mark.parametrize(
    ("name", "number", "pattern"),
    [
        ("f16", 65520.0, 0x7C00),
        ("f16", -1e30, 0xFC00),
        ("bf16", 3.4e38, 0x7F80),
        ("f8_e4m3fn", 1e30, 0x7E),
        ("f8_e4m3fn", -481.0, 0xFE),
        ("f8_e4m3fn", math.inf, 0x7E),
        ("f8_e5m2", 61440.0, 0x7C),
        ("f8_e4m3fnuz", -1e30, 0xFF),
        ("f8_e5m2fnuz", 1e30, 0x7F),
        ("f16", -1e-30, 0x8000),
        ("f8_e4m3fn", -1e-30, 0x80),
        ("f8_e4m3fnuz", -1e-30, 0x00),
        ("f8_e5m2fnuz", -0.0, 0x00),
        ("f16", math.nan, 0x7E00),
        ("f8_e4m3fnuz", math.nan, 0x80),
    ],
)
def test_ends_of_a_dtype(name: str, number: float, pattern: int) -> None:
    """Overflow, saturation, vanishing numbers and NaN give the pattern that the text names."""
    assert arith.round_f32_to(BY_NAME[name], np.float32([number])).tolist() == [pattern]


def test_fp32_is_not_rounded() -> None:
    """Fp32 patterns pass unchanged, as a copy."""
    numbers = np.float32([0.0, -0.0, 1e-45, 1e38])
    patterns = arith.round_f32_to(BY_NAME["f32"], numbers)
    np.testing.assert_array_equal(patterns, numbers.view(np.uint32))
    assert not np.shares_memory(patterns, numbers)


@pytest.mark.parametrize("name", NARROW)
def test_every_number_comes_back(name: str) -> None:
    """to_float64 is ml_dtypes' value for each pattern, and rounding it gives the pattern again."""
    patterns = all_patterns(name)
    numbers = arith.to_float64(patterns, BY_NAME[name])
    with np.errstate(invalid="ignore"):
        expected = patterns.view(library_type(name)).astype(np.float64)
    np.testing.assert_array_equal(numbers.view(np.uint64) << 1, expected.view(np.uint64) << 1)
    plain = ~np.isnan(numbers)
    np.testing.assert_array_equal(np.signbit(numbers[plain]), np.signbit(expected[plain]))
    again = arith.round_f32_to(BY_NAME[name], numbers[plain & np.isfinite(numbers)].astype("f4"))
    np.testing.assert_array_equal(again, patterns[plain & np.isfinite(numbers)])


@pytest.mark.parametrize("name", ["f32", "f64", "i8", "u8", "i32", "u16", "i64"])
def test_wide_dtypes_as_numbers(name: str) -> None:
    """fp32, fp64 and integer patterns become their numbers."""
    dtype = BY_NAME[name]
    numbers = np.array([0, 1, 100, 127]).astype(dtype.numpy_dtype())
    if dtype.family != "uint":
        numbers = np.concatenate([numbers, -numbers])
    patterns = numbers.view(arith.pattern_type(dtype))
    np.testing.assert_array_equal(arith.to_float64(patterns, dtype), numbers.astype(float))


@pytest.mark.parametrize("name", ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool"])
def test_integers_round_to_even_and_saturate(name: str) -> None:
    """Python's own rounding of exact fractions, clipped to the range, gives the same integers."""
    dtype = BY_NAME[name]
    ends = [2.0**k + d for k in (7, 8, 15, 16, 31, 32, 63, 64) for d in (-1.5, -1, -0.5, 0, 0.5)]
    numbers = [0.0, 0.5, 1.5, 2.5, 0.49999, 126.5, 127.5, 254.5, 1e300, *ends]
    numbers += [-number for number in numbers]
    low, high = (-(1 << dtype.bits - 1), (1 << dtype.bits - 1) - 1)
    if not dtype.signed:
        low, high = 0, (1 << dtype.bits) - 1
    whole = [min(max(round(number), low), high) for number in numbers]
    if name == "bool":
        whole = [int(round(number) != 0) for number in numbers]
    patterns = arith.round_to_integer(dtype, np.array(numbers))
    assert patterns.tolist() == [number % (1 << dtype.bits) for number in whole]


@given(st.floats(1e-34, 1e33), st.sampled_from([8, 12]))
def test_a_step_is_the_nearest_of_its_bits(number: float, bits: int) -> None:
    """The mantissa has all its bits, and its neighbours are no nearer."""
    mantissa, exponent = arith.step_from_float(number, BY_NAME["f32"], bits)
    assert 1 << (bits - 1) <= mantissa < 1 << bits
    assert -126 <= exponent <= 103
    distance = abs(arith.step_value(mantissa, exponent) - number)
    for other in (mantissa - 1, mantissa + 1):
        assert distance <= abs(arith.step_value(other, exponent) - number)


@given(st.floats(5e-324, 1.7e308))
def test_a_step_is_always_legal(number: float) -> None:
    """Whatever the number, mantissa and exponent stay in the range of the dtype."""
    for name, low, high in (("f32", -126, 103), ("f64", -1000, 900)):
        mantissa, exponent = arith.step_from_float(number, BY_NAME[name])
        assert 1 <= mantissa <= 4095
        assert low <= exponent <= high


@pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
def test_no_step_from_nonsense(number: float) -> None:
    """A step that is not positive and finite is a mistake of the caller."""
    with pytest.raises(UsageError):
        arith.step_from_float(number, BY_NAME["f32"])


@given(st.integers(1, 4095), st.integers(-126, 103))
def test_a_reduced_step_is_the_same_step(mantissa: int, exponent: int) -> None:
    """Reducing keeps the value and the range, and leaves an odd mantissa where it may."""
    small, larger = arith.reduced_step(mantissa, exponent, BY_NAME["f32"])
    assert arith.step_value(small, larger) == arith.step_value(mantissa, exponent)
    assert larger <= 103
    assert small % 2 == 1 or larger == 103


def test_ml_dtypes_differs_where_the_text_says_so() -> None:
    """Guards the clipping in by_library: ml_dtypes makes NaN of what dombit saturates."""
    assert np.isnan(np.float32(500).astype(ml_dtypes.float8_e4m3fn).astype(np.float32))
