"""Any step: apply and changes give what decode gives, for any dtypes, shapes, names and bits."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import ml_dtypes
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dombit

KINDS = ["<f4", "<f2", "<f8", "<i4", "<u8", "<i8", "|u1", "|b1", "<c8", "bf16", "i4", ">f4"]
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9)
EXTRA = {"bf16": ml_dtypes.bfloat16, "i4": ml_dtypes.int4}
PART = st.tuples(
    st.sampled_from(KINDS),
    SHAPES,
    st.integers(0, 2**32 - 1),
    st.floats(0, 1),
    st.sampled_from(["both", "both", "both", "root", "new"]),
)


def pair(kind: str, shape: tuple[int, ...], seed: int, share: float) -> list[np.ndarray]:
    """Return two arrays of random bits, of which a share is equal."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(EXTRA.get(kind, kind))
    size = int(np.prod(shape))
    if kind in ("|b1", "i4"):
        first, other = rng.integers(0, 2, (2, size)).astype(np.int8).astype(dtype)
    else:
        first, other = (
            np.frombuffer(rng.bytes(size * dtype.itemsize), dtype).copy() for _ in range(2)
        )
    other = first.copy() if share > 0.8 else other
    equal = rng.random(size) < share
    other[equal] = first[equal]
    return [first.reshape(shape), other.reshape(shape)]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(parts=st.lists(PART, min_size=1, max_size=5), verify=st.booleans(), twice=st.booleans())
def test_any_step(parts: list[Any], verify: bool, twice: bool) -> None:
    """A step forth, or forth and back, leaves the bits of the model; changes are the difference."""
    root: dict[str, np.ndarray] = {}
    model: dict[str, np.ndarray] = {}
    for number, (kind, shape, seed, share, where) in enumerate(parts):
        first, other = pair(kind, shape, seed, share)
        if where != "new":
            root[f"t{number}"] = first
        if where != "root":
            model[f"t{number}"] = other
    settings_: dict[str, Any] = {"engine": "numpy", "jobs": 1}
    held = {name: array.copy() for name, array in root.items()}
    there = dombit.to_bytes(model, root=root, **settings_)
    handle = dombit.apply(there, held, verify=verify, **settings_)
    if twice:
        dombit.apply(dombit.to_bytes(root, root=model), handle, verify=verify, **settings_)
    expected = root if twice else model
    assert held.keys() == expected.keys()
    for name, array in expected.items():
        little = array.astype(array.dtype.newbyteorder("<"))
        found = held[name].astype(held[name].dtype.newbyteorder("<"))
        assert (found.shape, found.dtype) == (little.shape, little.dtype)
        assert found.tobytes() == little.tobytes(), name
    with dombit.open(there, roots=[root]) as stream:
        for name, array in dombit.decode(there, roots=[root], **settings_).items():
            indices, values = stream.changes(name)
            flat = array.reshape(-1)
            assert values.tobytes() == flat[indices].tobytes()
            if name in root:
                patched = root[name].astype(array.dtype).reshape(-1)
                assert np.array_equal(np.unique(indices), indices)
                assert all(patched[i].tobytes() != flat[i].tobytes() for i in indices[:50])
                patched[indices] = values
                assert patched.tobytes() == flat.tobytes()
            else:
                assert indices.size == array.size
