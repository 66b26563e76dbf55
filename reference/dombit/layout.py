"""Layout: how the tensors of a group lie in its sequence of symbols (chapter 6)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import coded_shape
from dombit.errors import fail
from dombit.records import INT, Group, Structure, Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A tensor, or the rows of it that a group holds."""

    number: int
    """The tensor's number in the structure."""
    tensor: Tensor
    coded: tuple[int, ...]
    """Its coded shape, all rows."""
    shape: tuple[int, int, int]
    """Sizes of the three axis groups; the first counts the rows of this group only."""
    offset: int
    """Coded elements of the tensor before the first of this span."""
    start: int
    """Position of the first element in the group's sequence."""

    @property
    def count(self) -> int:
        """Coded elements of this span."""
        return math.prod(self.shape)

    @property
    def columns(self) -> int:
        """Elements of a row."""
        return self.shape[1] * self.shape[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The stretch of one span that lies in a segment."""

    span: int
    """Place of the span in the group."""
    first: int
    """First element, counted from the beginning of the span."""
    count: int
    at: int
    """Where it begins in the segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The spans of a group, in the order of its sequence."""

    spans: tuple[Span, ...]
    starts: NDArray[np.int64]
    """[spans + 1] positions in the sequence; the last one is the number of symbols."""

    @property
    def total(self) -> int:
        """Number of symbols of the group's dense sequence."""
        return int(self.starts[-1])


def lay_out(group: Group, structure: Structure) -> Layout:
    """Return the spans of a group; a row range outside its tensor is malformed."""
    spans: list[Span] = []
    start = 0
    for place in range(group.count):
        number = int(structure.coded_order[group.first + place])
        span = _span(group, place, number, structure.tensors[number], start)
        spans.append(span)
        start += span.count
    starts = np.array([span.start for span in spans] + [start], np.int64)
    return Layout(spans=tuple(spans), starts=starts)


def group_end(group: Group) -> tuple[int, int]:
    """Return where the next group begins: position in coded order, and row of that tensor."""
    end = group.first + group.count
    return (end - 1, group.row_limit) if group.row_limit else (end, 0)


def walk_classes(group: Group) -> int:
    """Return the number of walk classes of a sparse group; 0: it is dense."""
    return group.table_count // 2 if group.sparse else 0


def _span(group: Group, place: int, number: int, tensor: Tensor, start: int) -> Span:
    coded = coded_shape(tensor.dtype, tensor.shape, halves=group.coding == INT)
    split_rows, split_columns = int(group.split_rows[place]), int(group.split_columns[place])
    rows, inner = math.prod(coded[:split_rows]), coded[split_rows:split_columns]
    first = group.first_row if place == 0 else 0
    limit = group.row_limit if place == group.count - 1 and group.row_limit else rows
    if not first <= limit <= rows:
        fail(
            "malformed",
            "R-GRP-050",
            f"rows {first} to {limit} lie outside a tensor of {rows} rows",
            stage="parameters",
            tensor=tensor.name,
        )
    columns = math.prod(inner), math.prod(coded[split_columns:])
    return Span(
        number=number,
        tensor=tensor,
        coded=coded,
        shape=(limit - first, *columns),
        offset=first * columns[0] * columns[1],
        start=start,
    )


def parts(layout: Layout, first: int, count: int) -> Iterator[Part]:
    """Yield the stretches of spans that the symbols first .. first + count belong to."""
    place = int(np.searchsorted(layout.starts, first, side="right")) - 1
    position, stop = first, first + count
    while position < stop:
        span = layout.spans[place]
        length = min(stop, span.start + span.count) - position
        if length > 0:
            yield Part(span=place, first=position - span.start, count=length, at=position - first)
            position += length
        place += 1


def rows_of(span: Span, part: Part) -> tuple[int, NDArray[np.int64]]:
    """Return the first row of a part, and the edges of its rows inside the part.

    Edges are int64[rows + 1], from 0 to part.count; the first and last row may be cut.
    """
    columns = span.columns
    row, last = part.first // columns, (part.first + part.count - 1) // columns
    edges = np.arange(row, last + 2, dtype=np.int64) * columns - part.first
    return row, np.clip(edges, 0, part.count)


def map_lengths(group: Group, layout: Layout) -> list[tuple[int, int, int]]:
    """Return (span, context, length) of each vector of the map sequence, in order."""
    vectors: list[tuple[int, int, int]] = []
    for place, span in enumerate(layout.spans):
        for axis in range(3):
            if int(group.class_axes[place]) >> axis & 1:
                vectors.append((place, axis, span.shape[axis]))
        if int(group.low_zero_rows[place]):
            vectors.append((place, 3, span.shape[0]))
    return vectors


def map_kinds(group: Group, layout: Layout) -> NDArray[np.uint8]:
    """Return the context of each symbol of the map sequence."""
    vectors = map_lengths(group, layout)
    kinds = np.array([kind for _, kind, _ in vectors], np.uint8)
    return np.repeat(kinds, np.array([length for _, _, length in vectors], np.int64))


def step_places(group: Group, layout: Layout) -> tuple[tuple[int, int, int], ...]:
    """Return (first step, number of steps, step axis) of each span."""
    places = []
    first = 0
    for place, span in enumerate(layout.spans):
        axis = int(group.step_axis[place])
        count = span.coded[axis - 1] if axis else 1
        places.append((first, count, axis))
        first += count
    return tuple(places)
