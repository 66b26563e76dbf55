"""Views: bytes of aliases against a walk over their elements one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.dtypes import BY_NAME, byte_size, elements, pack_bits, unpack_bits
from dombit.errors import UsageError
from dombit.records import Alias, Tensor
from dombit.views import alias_end, bytes_of_alias

DTYPES = ["i2", "i4", "f6_e2m3", "u8", "bf16", "f32", "i64", "c128"]


def by_hand(tensor: Tensor, alias: Alias, target: np.ndarray) -> bytes:
    """Return the bytes of an alias, an element at a time."""
    bits, strides = tensor.dtype.bits, alias.strides
    if strides is None:
        places = [alias.offset + n for n in range(elements(tensor.shape))]
    else:
        indices = itertools.product(*map(range, tensor.shape))
        places = [
            alias.offset + sum(i * s for i, s in zip(index, strides, strict=True))
            for index in indices
        ]
    if bits >= 8:
        size = bits // 8
        return b"".join(target[size * at : size * at + size].tobytes() for at in places)
    values = unpack_bits(target, bits, target.size * 8 // bits)
    return pack_bits(values[places], bits).tobytes()


@given(data=st.data(), name=st.sampled_from(DTYPES))
@settings(max_examples=150)
def test_aliases_are_their_elements(data: st.DataObject, name: str) -> None:
    """Of every width, contiguous or with strides, with an offset, empty or a scalar."""
    shape = tuple(data.draw(st.lists(st.integers(0, 4), max_size=3)))
    stride = st.tuples(*[st.integers(0, 5) for _ in shape])
    alias = Alias(
        target=0,
        offset=data.draw(st.integers(0, 9)),
        strides=data.draw(st.none() | stride),
    )
    tensor = Tensor(name="a", dtype=BY_NAME[name], shape=shape, data=None, alias=alias)
    count = max(alias_end(tensor, alias), 1) + data.draw(st.integers(0, 3))
    whole = np.random.default_rng(count).integers(0, 256, byte_size(tensor.dtype, (count,)))
    target = whole.astype(np.uint8)
    if tensor.dtype.bits < 8:
        values = unpack_bits(target, tensor.dtype.bits, count)
        target = pack_bits(values, tensor.dtype.bits)
    found = bytes_of_alias(tensor, target)
    assert found.tobytes() == by_hand(tensor, alias, target)
    assert found.ndim == 1 and found.size == tensor.byte_size


def test_a_contiguous_alias_is_no_copy() -> None:
    """A slice of whole bytes, or all of a narrow tensor, shares its target's memory."""
    target = np.arange(24, dtype=np.uint8)
    for name, alias, shape in (
        ("f32", Alias(target=0, offset=2), (3,)),
        ("i4", Alias(target=0), (48,)),
    ):
        tensor = Tensor(name="a", dtype=BY_NAME[name], shape=shape, data=None, alias=alias)
        assert np.shares_memory(bytes_of_alias(tensor, target), target)


@pytest.mark.parametrize(
    "alias",
    [
        None,
        Alias(target=0, offset=4),
        Alias(target=0, strides=(3,)),
        Alias(target=0, strides=(-1,)),
    ],
)
@pytest.mark.parametrize("name", ["f32", "u8"])
def test_what_leaves_its_target_is_refused(alias: Alias | None, name: str) -> None:
    """No memory outside of the target is ever read."""
    tensor = Tensor(name="a", dtype=BY_NAME[name], shape=(3,), data=None, alias=alias)
    size = 6 * tensor.dtype.bits // 8
    with pytest.raises(UsageError, match="'a'"):
        bytes_of_alias(tensor, np.zeros(size, np.uint8))
