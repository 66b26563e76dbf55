"""The walk over pickles: plain data as it is, all else as symbols."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.errors import BadSource
from dombit.models.paths import Unwalkable
from dombit.models.pickles import walk
from dombit.models.torchload import View
from dombit.models.torchrefs import Opaque


def walked(data: bytes) -> Any:
    """Return what a pickle describes."""
    return walk(View(memoryview(data))).result


KEYS = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.tuples(st.integers()))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=300)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(KEYS, inner, max_size=5),
        st.tuples(inner, inner),
        st.lists(inner, max_size=4).map(tuple),
    ),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(TREES, st.integers(0, 5))
def test_plain_data(tree: Any, protocol: int) -> None:
    """Containers and constants come as the unpickler gives them, in every protocol."""
    assert walked(pickle.dumps([tree, tree], protocol)) == [tree, tree]


@pytest.mark.parametrize("protocol", range(6))
def test_ordered_dicts(protocol: int) -> None:
    """An ordered dict is a dict, and attributes set on it do not matter."""
    made: Any = OrderedDict(a=1, b=[2])
    made._metadata = {"version": 1}
    assert walked(pickle.dumps(made, protocol)) == {"a": 1, "b": [2]}


def test_shared_objects_stay_shared() -> None:
    """The memo gives the same object again."""
    inner = [1]
    result = walked(pickle.dumps({"a": inner, "b": inner}, 2))
    assert result["a"] is result["b"]


def test_the_stream_is_left_behind_the_pickle() -> None:
    """Pickles that follow each other are walked one after another."""
    stream = View(memoryview(pickle.dumps(1, 2) + pickle.dumps([2], 0) + b"rest"))
    assert [walk(stream).result, walk(stream).result] == [1, [2]]
    assert stream.read() == b"rest"


def test_harmless_objects_are_opaque() -> None:
    """Objects that hold no tensors are passed over."""
    result = walked(pickle.dumps({"s": {1, 2}, "c": 1j, "n": 3}, 4))
    assert isinstance(result["s"], Opaque)
    assert isinstance(result["c"], Opaque)
    assert result["n"] == 3


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x80\x02", b"\x80\x02.", b"\x80\x02}u.", b"\x80\x02h\x05.", b"\x80\x02K\x01K\x02a.",
        b"\x80\x02K\x01)R.", b"\x80\x02]K\x01s.", b"\xff.", b"\x80\x04\x96" + b"\xff" * 8 + b".",
        b"\x80\x02X\xff\xff\xff\x7f.", b"\x80\x02\x85.",
    ],
)  # fmt: skip
def test_damage(data: bytes) -> None:
    """A damaged pickle is refused, at no cost."""
    with pytest.raises(BadSource, match="damaged pickle"):
        walked(data)


def test_a_function_of_torch_that_is_not_listed() -> None:
    """Not all of torch is harmless: storages that are pickles themselves hold code."""
    with pytest.raises(BadSource, match=r"torch\.storage\._load_from_bytes"):
        walked(b"\x80\x02ctorch.storage\n_load_from_bytes\nC\x01x\x85R.")


@pytest.mark.parametrize(
    "data", [b"\x80\x02}(]K\x01u.", b"\x80\x02K\x01Q.", b"Pid\n.", b"\x80\x02K\x01K\x02b."]
)
def test_not_understood(data: bytes) -> None:
    """What the walk has no meaning for ends it."""
    with pytest.raises(Unwalkable):
        walked(data)


def test_deep_nesting() -> None:
    """A tuple nested beyond all reason does no harm."""
    assert walked(b"\x80\x02)" + b"\x85" * 200_000 + b"0K\x01.") == 1
    with pytest.raises(Unwalkable):
        walked(b"\x80\x02})" + b"\x85" * 200_000 + b"K\x01s.")
