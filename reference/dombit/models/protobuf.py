"""Protobuf: a strict walker over wire bytes that knows where everything stands (chapter 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dombit.errors import BadSource

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types; 3 and 4 (groups) are refused."""
MAX_DEPTH = 100
"""Messages in each other, the outermost included, as in the library of protobuf."""
_MAX_VARINT = 10
_MAX_FIELD_NUMBER = (1 << 29) - 1


class Field(NamedTuple):
    """A field of a message: its number, and where its content stands."""

    number: int
    wire: int
    value: int
    """The value of a varint, 64 bits; else 0."""
    first: int
    """Offset of the content: behind the tag, of length-delimited fields behind the length."""
    last: int
    """Offset behind the content."""


def varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """Return the value of a varint (64 bits; overlong ones too) and the offset behind it."""
    value = shift = 0
    for place in range(at, min(at + _MAX_VARINT, end)):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, place + 1
        shift += 7
    raise BadSource(f"a varint at byte {at} is longer than 10 bytes or cut off")


def written_varint(value: int) -> bytes:
    """Return a value of at most 64 bits as a varint: the inverse of varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


@dataclass(frozen=True, slots=True)
class Message:
    """A range of a buffer that holds the fields of one message."""

    data: memoryview
    first: int
    last: int
    depth: int = 1

    def fields(self) -> Iterator[Field]:
        """Yield the fields in file order; raises BadSource, with the offset, where they end."""
        at = self.first
        while at < self.last:
            tag, start = varint(self.data, at, self.last)
            number, wire = tag >> 3, tag & 7
            if not 0 < number <= _MAX_FIELD_NUMBER:
                raise BadSource(f"field number {number} at byte {at}")
            value, first, at = self._content(wire, start)
            if at > self.last:
                raise BadSource(f"the field at byte {start} goes beyond its message")
            yield Field(number, wire, value, first, at)

    def _content(self, wire: int, start: int) -> tuple[int, int, int]:
        """Return a field's value, and where its content starts and ends."""
        if wire == VARINT:
            value, last = varint(self.data, start, self.last)
            return value, start, last
        if wire == BYTES:
            length, first = varint(self.data, start, self.last)
            return 0, first, first + length
        if wire in {FIXED32, FIXED64}:
            return 0, start, start + (4 if wire == FIXED32 else 8)
        raise BadSource(f"wire type {wire} before byte {start}")

    def collect(self, wanted: Mapping[int, int]) -> dict[int, list[Field]]:
        """Return the fields with these numbers and wire types, in file order, by number.

        A field with another wire type is an unknown one, as for the library of protobuf.
        """
        found: dict[int, list[Field]] = {number: [] for number in wanted}
        for field in self.fields():
            if wanted.get(field.number) == field.wire:
                found[field.number].append(field)
        return found

    def select(self, number: int) -> Iterator[Message]:
        """Yield the messages in the length-delimited fields with this number, in file order."""
        for field in self.fields():
            if field.number == number and field.wire == BYTES:
                yield self.child(field)

    def child(self, field: Field) -> Message:
        """Return the message in a length-delimited field; raises BadSource where too deep."""
        if self.depth >= MAX_DEPTH:
            raise BadSource(f"more than {MAX_DEPTH} messages in each other at byte {field.first}")
        return Message(self.data, field.first, field.last, self.depth + 1)

    def content(self, field: Field) -> memoryview:
        """Return the bytes of a field."""
        return self.data[field.first : field.last]


def varints(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the values of varints that follow each other, [n]; raises BadSource.

    Works on the last bytes of all at once: a loop over the ten places, not the values.
    """
    if not data.size:
        return np.zeros(0, np.uint64)
    ends = np.flatnonzero(data < 0x80)
    if not ends.size or ends[-1] != data.size - 1:
        raise BadSource("packed varints are cut off")
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _MAX_VARINT:
        raise BadSource("a packed varint is longer than 10 bytes")
    values = np.zeros(ends.size, np.uint64)
    for place in range(int(lengths.max())):
        chosen = np.flatnonzero(lengths > place)
        bits = (data[starts[chosen] + place] & 0x7F).astype(np.uint64)
        values[chosen] |= bits << np.uint64(7 * place)
    return values
