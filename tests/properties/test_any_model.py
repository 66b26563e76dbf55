"""Any dict of arrays: lossless is the identity, and uniform stays within its bound."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import ml_dtypes
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import dombit
from dombit.arithmetic import to_float64
from dombit.dtypes import BY_NAME, DTYPES
from dombit.elements import patterns_of
from dombit.models.arrays import tensors_from_state_dict
from dombit.quantization.choose import uniform_bound

KINDS = [dtype.numpy_dtype() for dtype in DTYPES if dtype.numpy_dtype() is not None]
NARROW = {dtype.numpy: dtype.bits for dtype in DTYPES if dtype.bits < 8}
FLOATS = {"float16": "f16", "float32": "f32", "float64": "f64", "bfloat16": "bf16"}
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7)


@st.composite
def arrays(draw: Any) -> NDArray[Any]:
    """Draw an array of any dtype from random bits, from few values, or constant."""
    kind, shape = draw(st.sampled_from(KINDS)), draw(SHAPES)
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    count = int(np.prod(shape, dtype=np.int64))
    spread = draw(st.sampled_from([256, 3, 1]))
    data = random.integers(0, spread, (count, kind.itemsize), np.uint8)
    bits = NARROW.get(kind.name)
    if bits is not None:
        data &= (1 << bits) - 1
    if kind == np.bool_:
        data &= 1
    return data.view(kind).reshape(shape)


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Compare dtype, shape and every bit."""
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(
    model=st.dictionaries(st.text(min_size=1, max_size=12), arrays(), max_size=6),
    level=st.sampled_from([1, 2]),
    plain=st.booleans(),
)
def test_lossless_is_the_identity(model: dict[str, NDArray[Any]], level: int, plain: bool) -> None:
    """What is encoded without loss comes back bit for bit, whatever dtype, shape and name."""
    data = dombit.to_bytes(
        model, level=level, deflate=plain, index=plain, tensor_digests=plain, engine="numpy"
    )
    back = list(dombit.decode(data, engine="numpy").values())
    assert len(back) == len(model)
    assert all(same(one, other) for one, other in zip(model.values(), back, strict=True))


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(FLOATS)),
    shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=9),
    seed=st.integers(0, 2**32 - 1),
    step=st.floats(1e-3, 10.0),
    offset=st.sampled_from([0.0, 0.4, 0.5]),
)
def test_uniform_stays_within_its_bound(
    name: str, shape: tuple[int, ...], seed: int, step: float, offset: float
) -> None:
    """No weight is further off than max(f, 1 - f) steps and half an ulp of its dtype."""
    kind = np.dtype(getattr(np, name, None) or getattr(ml_dtypes, name))
    array = np.random.default_rng(seed).normal(0, 3, shape).astype(kind)
    data = dombit.to_bytes({"w": array}, step=step, all=True, offset=offset, engine="numpy")
    found = dombit.decode(data, engine="numpy")["w"]
    dtype = BY_NAME[FLOATS[name]]
    before, after = (
        to_float64(patterns_of(tensor.data, dtype, shape), dtype)
        for tensor in (
            tensors_from_state_dict({"w": array})[0],
            tensors_from_state_dict({"w": found})[0],
        )
        if tensor.data is not None
    )
    used = dombit_step(step, dtype)
    for old, new in zip(before.tolist(), after.tolist(), strict=True):
        assert abs(old - new) <= uniform_bound(used, offset, dtype, new) * (1 + 1e-12)


def dombit_step(step: float, dtype: Any) -> tuple[int, int]:
    """Return the step that is used for a number: 12 bits of mantissa."""
    from dombit.arithmetic import step_from_float

    return step_from_float(step, dtype)


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(["int8", "uint8", "int32", "int64", "uint16"]),
    seed=st.integers(0, 2**32 - 1),
    step=st.floats(0.5, 40.0),
)
def test_uniform_integers_saturate(kind: str, seed: int, step: float) -> None:
    """Integers are rounded to the nearest multiple's integer and stay in their range."""
    limits = np.iinfo(kind)
    random = np.random.default_rng(seed)
    low, high = max(limits.min, -4000), min(limits.max, 4000)
    array = random.integers(low, high, (5, 7)).astype(kind)
    found = dombit.decode(dombit.to_bytes({"w": array}, step=step, all=True), engine="numpy")["w"]
    assert found.dtype == array.dtype
    bound = 0.6 * step * (1 + 2**-11) + 0.5
    assert np.abs(found.astype(np.float64) - array.astype(np.float64)).max() <= bound
