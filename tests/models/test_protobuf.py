"""The wire walker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dombit.errors import BadSource
from dombit.models.protobuf import BYTES, VARINT, Message, varint, varints


def message(data: bytes) -> Message:
    """Return the message that a buffer is."""
    return Message(memoryview(data), 0, len(data))


def encoded(value: int, extra: int = 0) -> bytes:
    """Return a varint, overlong by `extra` bytes."""
    out = bytearray()
    while value > 0x7F or extra:
        extra -= value <= 0x7F
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


@given(st.integers(0, (1 << 64) - 1), st.integers(0, 3))
def test_varints(value: int, extra: int) -> None:
    """Varints of up to ten bytes have their value, overlong ones too."""
    data = encoded(value, extra)
    if len(data) <= 10:
        assert varint(memoryview(data + b"\xff"), 0, len(data) + 1) == (value, len(data))
    else:
        with pytest.raises(BadSource):
            varint(memoryview(data), 0, len(data))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 10 + b"\0", b"\x80" * 9])
def test_broken_varints(data: bytes) -> None:
    """A varint that is cut off or has eleven bytes is refused."""
    with pytest.raises(BadSource):
        varint(memoryview(data), 0, len(data))


@given(st.lists(st.integers(0, (1 << 64) - 1), max_size=30))
def test_packed_varints(values: list[int]) -> None:
    """Varints that follow each other are decoded all at once."""
    data = np.frombuffer(b"".join(encoded(value) for value in values), np.uint8)
    assert varints(data).tolist() == values


@pytest.mark.parametrize("data", [b"\x80", b"\x01\xff", b"\x80" * 10 + b"\0"])
def test_broken_packed_varints(data: bytes) -> None:
    """A run of varints ends with one, and none has eleven bytes."""
    with pytest.raises(BadSource):
        varints(np.frombuffer(data, np.uint8))


def test_fields_know_where_they_stand() -> None:
    """Every wire type is walked, with the offsets of its content."""
    data = b"\x08\x96\x01" + b"\x12\x02hi" + b"\x1d\1\2\3\4" + b"\x21" + bytes(8)
    found = [(f.number, f.wire, f.value, f.first, f.last) for f in message(data).fields()]
    assert found == [(1, 0, 150, 1, 3), (2, 2, 0, 5, 7), (3, 5, 0, 8, 12), (4, 1, 0, 13, 21)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01",  # field number 0
        b"\x0b\x0c",  # a group
        b"\x0e",  # wire type 6
        b"\x12\x05hi",  # a length beyond the end
        b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # a huge one
        b"\x1d\1\2",  # four bytes cut off
        b"\x80\x80\x80\x80\x80\x01\x00",  # a field number beyond 2^29
    ],
)
def test_broken_messages(data: bytes) -> None:
    """What is no wire format is refused."""
    with pytest.raises(BadSource):
        list(message(data).fields())


def test_fields_of_another_wire_type_are_unknown() -> None:
    """A known number with another wire type is passed over."""
    data = b"\x08\x01" + b"\x0a\x01x" + b"\x10\x02"
    found = message(data).collect({1: BYTES, 2: VARINT, 9: BYTES})
    assert [len(found[number]) for number in (1, 2, 9)] == [1, 1, 0]


def test_depth_is_limited() -> None:
    """A hundred messages in each other are walked, a hundred and one are not."""
    data = b""
    for _ in range(100):
        data = b"\x0a" + encoded(len(data)) + data
    here = message(data)
    for _ in range(99):
        here = here.child(next(here.fields()))
    with pytest.raises(BadSource):
        here.child(next(here.fields()))


@given(st.binary(max_size=40))
def test_any_bytes_are_walked_or_refused(data: bytes) -> None:
    """Fields cover the message, in order, or it is refused."""
    try:
        fields = list(message(data).fields())
    except BadSource:
        return
    assert [field.last for field in fields] == sorted(field.last for field in fields)
    assert not fields or fields[-1].last == len(data)
