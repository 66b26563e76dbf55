"""Special values: payloads of NaN, infinities, zeros of both signs, subnormals, every pattern."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dombit
from dombit.arithmetic import to_float64
from dombit.dtypes import DTYPES, DType
from dombit.quantization.choose import uniform_bound

FLOATS = [dtype for dtype in DTYPES if dtype.family == "float"]
NARROW = [dtype for dtype in DTYPES if dtype.part_bits <= 16 and dtype.numpy_dtype() is not None]


def special(dtype: DType) -> list[int]:
    """Return patterns at the edges of a float's fields, with both signs."""
    assert dtype.layout is not None
    mantissa, top = dtype.layout.mantissa_bits, (1 << dtype.layout.exponent_bits) - 1
    ones = (1 << mantissa) - 1
    fields = [(0, 0), (0, 1), (0, ones), (1, 0), (top - 1, ones), (top, 0), (top, 1), (top, ones)]
    plain = [
        e << mantissa | m for e, m in [*fields, (top, 1 << mantissa - 1), (top >> 1, 5 & ones)]
    ]
    return plain + [pattern | 1 << dtype.bits - 1 for pattern in plain]


def back(array: np.ndarray, **settings_: Any) -> np.ndarray:
    """Return an array that went through a stream."""
    found: np.ndarray = dombit.decode(dombit.to_bytes({"w": array}, **settings_))["w"]
    assert found.dtype == array.dtype and found.shape == array.shape
    return found


@settings(deadline=None, max_examples=120)
@given(
    dtype=st.sampled_from(FLOATS),
    shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=12),
    seed=st.integers(0, 2**32 - 1),
    mixed=st.booleans(),
)
def test_edges_come_back(dtype: DType, shape: tuple[int, ...], seed: int, mixed: bool) -> None:
    """Patterns at the edges of the fields, alone or among ordinary ones, keep every bit."""
    dice, unsigned = np.random.default_rng(seed), np.dtype(f"<u{dtype.bits // 8}")
    patterns = dice.choice(np.array(special(dtype), unsigned), shape)
    if mixed:
        plain = dice.normal(0, 0.1, shape).astype(dtype.numpy_dtype())
        patterns = np.where(dice.random(shape) < 0.8, plain.view(unsigned), patterns)
    array = patterns.astype(unsigned).view(dtype.numpy_dtype())
    assert back(array).tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", NARROW, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("skew", [False, True])
def test_every_pattern_comes_back(dtype: DType, skew: bool) -> None:
    """All patterns of a dtype of at most 16 bits, also where a few are most frequent."""
    width = 8 * max(1, dtype.bits // 8)
    patterns = np.arange(1 << dtype.bits if dtype.family != "complex" else 1 << 16)
    if skew:
        patterns = np.concatenate([patterns, np.full(4 * patterns.size, 1)])
    array = patterns.astype(f"<u{width // 8}").view(dtype.numpy_dtype())
    assert back(array).tobytes() == array.tobytes()


@settings(deadline=None, max_examples=120)
@given(
    dtype=st.sampled_from(FLOATS),
    count=st.integers(2, 60),
    seed=st.integers(0, 2**32 - 1),
    log_step=st.integers(-20, 6),
    offset=st.sampled_from([0.0, 0.4, 0.5, 0.9]),
)
def test_the_bound_holds_for_all_floats(
    dtype: DType, count: int, seed: int, log_step: int, offset: float
) -> None:
    """Finite values of any size are off by the bound of a power-of-two step at most, or kept."""
    dice, kind = np.random.default_rng(seed), dtype.numpy_dtype()
    array = (dice.normal(0, 1, count) * np.exp2(dice.integers(-8, 7, count))).astype(kind)
    array = array[np.isfinite(array.astype(np.float64))].reshape(1, -1)
    step = (1, log_step)
    found = back(array, step=2.0**log_step, all=True, offset=offset)
    unsigned = np.dtype(f"<u{dtype.bits // 8}")
    old, new = (to_float64(each.reshape(-1).view(unsigned), dtype) for each in (array, found))
    if (old == new).all():
        return
    for one, other in zip(old.tolist(), new.tolist(), strict=True):
        bound = uniform_bound(step, offset, dtype, other)
        assert abs(one - other) <= bound * (1 + 1e-12)


def test_bytes_that_are_no_bools_come_back() -> None:
    """A bool of another byte than 0 and 1 keeps it."""
    array = np.arange(256, dtype=np.uint8).repeat(3).view(np.bool_)
    assert back(array).view(np.uint8).tolist() == array.view(np.uint8).tolist()


def test_duplicates_come_back() -> None:
    """Equal bytes under several names, dtypes and shapes keep each its own."""
    bits = np.random.default_rng(1).integers(0, 1 << 32, 600, np.uint32)
    model = {
        "u": bits, "f": bits.view("f4"), "again": bits.copy(), "matrix": bits.reshape(20, 30),
        "part": bits[:300], "f2": bits.view("f4").reshape(1, 600, 1),
    }  # fmt: skip
    found = dombit.decode(dombit.to_bytes(model))
    assert list(found) == list(model)
    for name, array in model.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
