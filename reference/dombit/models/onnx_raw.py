"""Raw data: an ONNX file in which tensors stand as raw_data instead of varints (chapter 8)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.models.onnx_tensors import INT32S, INT64S, RAW, UINT64S
from dombit.models.protobuf import BYTES, Field, Message, varint, written_varint
from dombit.records import Buffer

Place = tuple[int, int]
"""Offsets of a TensorProto's content: its first byte, and the one behind it."""
_VARINTS = (INT32S, INT64S, UINT64S)


def with_raw_data(data: Buffer, values: Mapping[Place, NDArray[np.uint8]]) -> bytes:
    """Return a model file in which these tensors' values stand as raw_data.

    `values`: canonical bytes by the place of the TensorProto. All else is as it was, but for the
    lengths of the messages around. Raises BadSource for a damaged file.
    """
    view = memoryview(data).cast("B")
    places = sorted(values)
    return b"".join(_message(Message(view, 0, len(view)), places, values))


def _message(
    message: Message, places: Sequence[Place], values: Mapping[Place, NDArray[np.uint8]]
) -> list[Buffer]:
    """Return the content of a message, in pieces."""
    pieces: list[Buffer] = []
    copied = message.first
    for start, field in _with_starts(message):
        inside = places[
            bisect_left(places, (field.first, 0)) : bisect_left(places, (field.last, 0))
        ]
        if field.wire != BYTES or not inside:
            continue
        child, place = message.child(field), (field.first, field.last)
        content = (
            _tensor(child, values[place]) if inside == [place] else _message(child, inside, values)
        )
        _, tag_end = varint(message.data, start, message.last)
        size = sum(memoryview(piece).nbytes for piece in content)
        pieces += [message.data[copied:tag_end], written_varint(size), *content]
        copied = field.last
    return [*pieces, message.data[copied : message.last]]


def _tensor(message: Message, values: NDArray[np.uint8]) -> list[Buffer]:
    """Return the content of a TensorProto: its values as raw_data, where the first one stood."""
    pieces: list[Buffer] = []
    copied = message.first
    raw: Iterable[Buffer] = (written_varint(RAW << 3 | BYTES), written_varint(values.size), values)
    for start, field in _with_starts(message):
        if field.number in _VARINTS:
            pieces += [message.data[copied:start], *raw]
            copied, raw = field.last, ()
    return [*pieces, message.data[copied : message.last]]


def _with_starts(message: Message) -> Iterator[tuple[int, Field]]:
    """Yield the fields of a message, each with the offset of its tag."""
    start = message.first
    for field in message.fields():
        yield start, field
        start = field.last
