"""Contexts: which table codes which element (chapters 6 and 11)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

CONTEXTS = 64
"""Contexts of a group; sums of classes are clamped to them."""
SPAN = 256
"""More than three classes can sum to: a bias beyond it decides alone."""
CHUNK = 1 << 18

Classes = NDArray[np.uint8] | None


def dense_tables(  # noqa: PLR0917 - six parts of one place
    shape: tuple[int, int, int],
    classes: tuple[Classes, Classes, Classes],
    bias: int,
    table_map: NDArray[np.uint8],
    first: int,
    count: int,
) -> NDArray[np.uint16]:
    """Return the tables of elements `first` .. `first + count` of a tensor in raster order.

    `shape` is (A, B, C), the sizes of the axis groups; a class vector of None adds nothing;
    the context is bias + classes, clamped to 0..63, and `table_map` [64] gives its table.
    """
    return _in_rectangles(shape, classes, _table_of_sum(bias, table_map), first, count)


def _in_rectangles(
    shape: tuple[int, int, int],
    classes: tuple[Classes, Classes, Classes],
    choice: NDArray[np.uint16],
    first: int,
    count: int,
) -> NDArray[np.uint16]:
    """Return `choice` of the sum of classes of each element."""
    tables = np.empty(count, np.uint16)
    if not count:
        return tables
    rows = classes[0]
    position = 0
    for top, bottom, left, right in _rectangles(shape[1] * shape[2], first, count):
        size = (bottom - top) * (right - left)
        into = tables[position : position + size].reshape(bottom - top, right - left)
        inner = _inner_sums(shape[1:], classes[1:], left, right - left)
        _fill(into, None if rows is None else rows[top:bottom], inner, choice)
        position += size
    return tables


def class_sums(
    shape: tuple[int, int, int],
    classes: tuple[Classes, Classes, Classes],
    first: int,
    count: int,
) -> NDArray[np.uint16]:
    """Return the sums of the classes, 0 to 189, of elements of a tensor, as dense_tables does."""
    everything = np.arange(3 * (CONTEXTS - 1) + 1, dtype=np.uint16)
    return _in_rectangles(shape, classes, everything, first, count)


def _table_of_sum(bias: int, table_map: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the table for every sum of classes, 0..189."""
    sums = np.arange(3 * (CONTEXTS - 1) + 1) + max(-SPAN, min(bias, SPAN))
    return table_map[np.clip(sums, 0, CONTEXTS - 1)].astype(np.uint16)


def _rectangles(width: int, first: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut a flat range of rows of this width into rectangles (top, bottom, left, right)."""
    end = first + count
    top, left = divmod(first, width)
    if left or end < (top + 1) * width:
        right = min(width, left + count)
        yield top, top + 1, left, right
        top += 1
    bottom, right = divmod(end, width)
    if bottom > top:
        yield top, bottom, 0, width
    if right and bottom >= top:
        yield bottom, bottom + 1, 0, right


def _inner_sums(
    shape: tuple[int, int], classes: tuple[Classes, Classes], first: int, count: int
) -> NDArray[np.uint8] | None:
    """Return the sums of the classes of axis groups 1 and 2 for a flat range; None: all 0."""
    columns, third = classes
    if columns is None and third is None:
        return None
    sums = np.zeros(count, np.uint8)
    position = 0
    for top, bottom, left, right in _rectangles(shape[1], first, count):
        size = (bottom - top) * (right - left)
        block = sums[position : position + size].reshape(bottom - top, right - left)
        if columns is not None:
            block += columns[top:bottom, None]
        if third is not None:
            block += third[left:right]
        position += size
    return sums


def _fill(
    into: NDArray[np.uint16],
    rows: Classes,
    inner: NDArray[np.uint8] | None,
    choice: NDArray[np.uint16],
) -> None:
    """Fill [rows, inner] with tables; rows of one class are alike, so each is made once."""
    if rows is None:
        into[:] = choice[0] if inner is None else _tables_of(inner, 0, choice)
    elif inner is None:
        into[:] = choice.take(rows)[:, None]
    else:
        values = np.flatnonzero(np.bincount(rows))
        every = np.stack([_tables_of(inner, int(value), choice) for value in values])
        place = np.zeros(int(values[-1]) + 1, np.intp)
        place[values] = np.arange(values.size)
        every.take(place[rows], axis=0, out=into, mode="clip")  # the other modes copy `out`


def _tables_of(
    inner: NDArray[np.uint8], row: int, choice: NDArray[np.uint16]
) -> NDArray[np.uint16]:
    tables = np.empty(inner.size, np.uint16)
    for first in range(0, inner.size, CHUNK):
        part = slice(first, first + CHUNK)
        choice[row:].take(inner[part], out=tables[part], mode="clip")
    return tables
