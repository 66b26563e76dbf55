"""Engines: NumPy and numba, and two runs, give the same bytes of any model."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dombit
from dombit import compiled

KINDS = ["f2", "f4", "f8", "c8", "i1", "u2", "i4", "i8", "?"]
ARRAYS = st.tuples(
    st.sampled_from(KINDS),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=24),
    st.sampled_from([0.0, 0.3, 40.0]),
    st.integers(0, 2**32 - 1),
)
RATES = st.sampled_from([{}, {"snr": 12}, {"step": 0.25, "all": True}, {"level": 2}])


def array_of(kind: str, shape: tuple[int, ...], scale: float, seed: int) -> np.ndarray:
    """Return an array of seeded bell-shaped values."""
    return np.asarray(np.random.default_rng(seed).normal(0, scale, shape)).astype(kind)


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
@settings(deadline=None, max_examples=60)
@given(parts=st.lists(ARRAYS, min_size=1, max_size=4), rate=RATES)
def test_engines_agree(parts: list[Any], rate: dict[str, Any]) -> None:
    """Both engines write one stream, and read it to the same bits."""
    model = {f"t{n}": array_of(*part) for n, part in enumerate(parts)}
    plain, quick = (dombit.to_bytes(model, engine=engine, **rate) for engine in ("numpy", "numba"))
    assert plain == quick
    one, other = (dombit.decode(plain, engine=engine) for engine in ("numpy", "numba"))
    assert list(one) == list(other) == list(model)
    assert all(one[name].tobytes() == other[name].tobytes() for name in model)


@settings(deadline=None, max_examples=20)
@given(parts=st.lists(ARRAYS, min_size=1, max_size=3), rate=RATES)
def test_runs_agree(parts: list[Any], rate: dict[str, Any]) -> None:
    """Encoding twice gives the same bytes."""
    model = {f"t{n}": array_of(*part) for n, part in enumerate(parts)}
    copy = {name: array.copy() for name, array in model.items()}
    assert dombit.to_bytes(model, **rate) == dombit.to_bytes(copy, **rate)
