"""Convert: casts are those of other libraries, NaN is canonical."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.dtypes import BY_NAME
from dombit.prediction.convert import convert, convertible
from dombit.records import Tensor

KINDS: dict[str, Any] = {
    "f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64,
    "f8_e5m2": ml_dtypes.float8_e5m2,
}  # fmt: skip
EDGES = np.array(
    [0, 0x80000000, 1, 0x80000001, 0x7FFFFF, 0x800000, 0x33000000, 0x33000001, 0x387FC000,
     0x477FF000, 0x477FEFFF, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x3F808000, 0x3F818000,
     0x00008000, 0x00018000, 0x7F7F8000],
    np.uint32,
)  # fmt: skip


def patterns(array: np.ndarray) -> np.ndarray:
    """Return the bits of an array."""
    return array.view(f"u{array.dtype.itemsize}")


@pytest.mark.parametrize("target", ["f16", "bf16", "f64"])
@settings(deadline=None, max_examples=60)
@given(bits=st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_casts_of_fp32(target: str, bits: list[int]) -> None:
    """Numbers that are no NaN are cast as NumPy and ml_dtypes do; NaN gives one pattern."""
    source = np.concatenate([EDGES, np.array(bits, np.uint32)])
    found = convert(source, BY_NAME["f32"], BY_NAME[target])
    with np.errstate(over="ignore", invalid="ignore"):
        expected = patterns(source.view(np.float32).astype(KINDS[target]))
    numbers = ~np.isnan(source.view(np.float32))
    assert np.array_equal(found[numbers], expected[numbers])
    assert len(set(found[~numbers].tolist())) <= 1
    assert np.isnan(found.view(KINDS[target])[~numbers].astype(np.float64)).all()


@pytest.mark.parametrize("source", ["f16", "bf16", "f8_e5m2"])
@pytest.mark.parametrize("target", ["f32", "f64", "bf16", "f16"])
def test_casts_of_every_narrow_pattern(source: str, target: str) -> None:
    """All patterns of narrow floats go where a cast through fp32 sends them."""
    width = BY_NAME[source].bits
    every = np.arange(1 << width, dtype=f"u{width // 8}")
    found = convert(every, BY_NAME[source], BY_NAME[target])
    with np.errstate(over="ignore", invalid="ignore"):
        values = every.view(KINDS[source]).astype(np.float32)
        expected = patterns(values.astype(KINDS[target]))
    numbers = ~np.isnan(values)
    assert np.array_equal(found[numbers], expected[numbers])
    if source == target:
        assert found is every


def test_fp64_is_rounded_to_fp32_first() -> None:
    """A number just above a tie of bf16 in fp64 is that tie in fp32, and goes to the even side."""
    number = np.array([1 + 2.0**-8 + 2.0**-40, -0.0, 1e300, np.nan])
    found = convert(number.view(np.uint64), BY_NAME["f64"], BY_NAME["bf16"])
    assert found.tolist() == [0x3F80, 0x8000, 0x7F80, 0x7FC0]


def test_what_can_be_converted() -> None:
    """Same dims, and the same dtype or two floats."""

    def tensor(dtype: str, *shape: int) -> Tensor:
        return Tensor(name="t", dtype=BY_NAME[dtype], shape=shape, data=None)

    assert convertible(tensor("f32", 2, 3), tensor("bf16", 2, 3))
    assert convertible(tensor("i8", 2), tensor("i8", 2))
    assert not convertible(tensor("i8", 2), tensor("u8", 2))
    assert not convertible(tensor("f32", 2, 3), tensor("f32", 3, 2))
    assert not convertible(tensor("c64", 2), tensor("f32", 2))
