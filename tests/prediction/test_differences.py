"""Differences: ordered as numbers are, undone exactly, summed in fp32."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.arithmetic import pattern_type
from dombit.dtypes import BY_NAME, DTYPES
from dombit.prediction import differences

PLAIN = [dtype.name for dtype in DTYPES if dtype.family != "complex"]


@pytest.mark.parametrize("name", ["f16", "bf16", "f8_e4m3fn", "i8", "u8", "i16"])
def test_order_is_that_of_the_numbers(name: str) -> None:
    """Patterns sorted by their order ascend as numbers; -0 stands below +0."""
    dtype = BY_NAME[name]
    every = np.arange(1 << dtype.bits, dtype=pattern_type(dtype))
    ordered = every[np.argsort(differences.order(every, dtype))]
    numbers = ordered.view(dtype.numpy_dtype()).astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    assert (np.diff(finite) >= 0).all()
    zeros = ordered[numbers == 0].tolist()
    assert zeros == sorted(zeros, reverse=True)
    assert np.array_equal(differences.unorder(differences.order(every, dtype), dtype), every)


@settings(deadline=None, max_examples=100)
@given(name=st.sampled_from(PLAIN), seed=st.integers(0, 2**32 - 1))
def test_differences_are_undone(name: str, seed: int) -> None:
    """Any pattern is the prediction plus its difference, also where that wraps around."""
    dtype, rng = BY_NAME[name], np.random.default_rng(seed)
    kind = pattern_type(dtype)
    some, root = rng.integers(0, 1 << dtype.bits, (2, 99), np.uint64).astype(kind)
    found = differences.subtract(some, root, dtype)
    assert int(found.max()) < 1 << dtype.bits
    assert np.array_equal(differences.add_difference(root, found, dtype), some)


def test_neighbours_differ_by_one() -> None:
    """The next number up or down is a difference of 1 or -1, through zero too."""
    numbers = np.array([1.0, -1.0, 0.0, 3e38], np.float32)
    up = np.nextafter(numbers, np.float32(np.inf))
    found = differences.subtract(up.view(np.uint32), numbers.view(np.uint32), BY_NAME["f32"])
    assert found.tolist() == [1, 1, 1, 1]


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 2**32 - 1), exponent=st.integers(-30, 30))
def test_sums_are_rounded_once(seed: int, exponent: int) -> None:
    """fp32: one addition; bf16: that one, then one rounding; 0 leaves the pattern alone."""
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 1, 64).astype(np.float32)
    products = (rng.integers(-3, 4, 64) * 2.0**exponent).astype(np.float32)
    found = differences.add_values(root.view(np.uint32), products, BY_NAME["f32"])
    assert np.array_equal(found.view(np.float32), root + products)
    narrow = root.astype(ml_dtypes.bfloat16)
    found = differences.add_values(narrow.view(np.uint16), products, BY_NAME["bf16"])
    sums = (narrow.astype(np.float32) + products).astype(ml_dtypes.bfloat16)
    changed = products != 0
    assert np.array_equal(found[changed], sums.view(np.uint16)[changed])
    assert np.array_equal(found[~changed], narrow.view(np.uint16)[~changed])


def test_sums_at_the_edges() -> None:
    """What is not finite counts as 0 unless nothing is added; overflow is infinite, 0 is +0."""
    root = np.array([np.nan, np.inf, -np.inf, 3e38, -1.0, -0.0, np.nan], np.float32)
    products = np.array([1, 2, 3, 3e38, 1, 0, 0], np.float32)
    found = differences.add_values(root.view(np.uint32), products, BY_NAME["f32"])
    expected = np.array([1, 2, 3, np.inf, 0, -0.0, 0], np.float32).view(np.uint32)
    assert found[:6].tolist() == expected[:6].tolist()
    assert found[6] == root.view(np.uint32)[6]
