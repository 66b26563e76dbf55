"""Digests and aliases: the bytes of a tensor that is a part, or a view, of another."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit import identity
from dombit.digests import check_digests, model_digest, tensor_bytes, tensor_digests
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.records import Alias, ModelEnd, Structure, Tensor

DATA = np.random.default_rng(2).integers(0, 256, 240, np.uint8)


def tensor(name: str, dtype: str, shape: tuple[int, ...], alias: Alias | None = None) -> Tensor:
    """Return a tensor without data."""
    return Tensor(name=name, dtype=BY_NAME[dtype], shape=shape, data=None, alias=alias)


@settings(deadline=None, max_examples=80)
@given(
    dtype=st.sampled_from(["u8", "f16", "f32", "c64", "c128"]),
    shape=st.lists(st.integers(0, 3), max_size=3).map(tuple),
    offset=st.integers(0, 2),
    data=st.data(),
)
def test_views_are_strided(
    dtype: str, shape: tuple[int, ...], offset: int, data: st.DataObject
) -> None:
    """Element (i, j, ...) of a view is element offset + i * stride + ... of its target."""
    width = BY_NAME[dtype].bits // 8
    count = DATA.size // width
    strides = tuple(data.draw(st.integers(0, (count - 3) // 7)) for _ in shape)
    view = tensor("v", dtype, shape, Alias(target=0, offset=offset, strides=strides))
    places = [
        offset + sum(i * s for i, s in zip(index, strides, strict=True))
        for index in product(*map(range, shape))
    ]
    expected = b"".join(DATA[width * at : width * at + width].tobytes() for at in places)
    assert tensor_bytes(view, {0: DATA}, 1).tobytes() == expected


def test_parts_are_contiguous() -> None:
    """Without strides an alias is a run of its target's elements."""
    part = tensor("p", "f16", (3, 2), Alias(target=0, offset=5))
    assert tensor_bytes(part, {0: DATA}, 1).tobytes() == DATA[10:22].tobytes()


@pytest.mark.parametrize("jobs", [1, 3])
def test_digests_of_a_model(jobs: int) -> None:
    """Each visible tensor is digested by its own bytes, whole aliases as their targets."""
    tensors = (
        tensor("base", "u8", (240,)),
        tensor("whole", "u8", (12, 20), Alias(target=0)),
        tensor("part", "u8", (40,), Alias(target=0, offset=9)),
        tensor("turned", "u8", (20, 12), Alias(target=0, strides=(1, 20))),
    )
    structure = Structure(tensors=tensors, coded_order=np.array([0]), output_bytes=760)
    found = tensor_digests(structure, {0: DATA}, range(4), jobs)
    turned = np.ascontiguousarray(DATA.reshape(12, 20).T).reshape(-1)
    expected = [DATA, DATA, DATA[9:49], turned]
    assert [found[n] for n in range(4)] == [identity.tensor_digest(each) for each in expected]

    end = ModelEnd(
        model_digest=model_digest(structure, found),
        tensor_count=4,
        tensor_digests=b"".join(found[n] for n in range(4)),
    )
    assert check_digests(structure, {0: DATA}, end, jobs) == found
    changed = DATA.copy()
    changed[-1] ^= 1
    with pytest.raises(DombitError) as caught:
        check_digests(structure, {0: changed}, end, jobs)
    assert (caught.value.rule, caught.value.tensor) == ("R-IDN-001", "base")
    bare = ModelEnd(model_digest=end.model_digest, tensor_count=4)
    with pytest.raises(DombitError) as caught:
        check_digests(structure, {0: changed}, bare, jobs)
    assert caught.value.rule == "R-IDN-002"
