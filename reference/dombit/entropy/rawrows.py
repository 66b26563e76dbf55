"""Raw rows: fixed-width fields that restart at a byte with every tensor row (chapter 11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.rawbits import CHUNK, gather, pad, read_alike, scatter, write_alike
from dombit.errors import fail

_RUN = 2048
"""Mean fields of runs of like rows from which it pays to take rows run by run."""
_Rows = tuple[NDArray[np.int64], NDArray[np.int64]]


def row_sizes(counts: NDArray[np.int64], widths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bytes of each row: counts[r] fields of widths[r] bits, rounded up."""
    return (counts * widths + 7) >> 3


def read_rows(
    data: NDArray[np.uint8], counts: NDArray[np.int64], widths: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], int]:
    """Read the raw fields of all rows, one after another.

    `counts` and `widths` have one element a row (fields, and bits of a field, 0 to 50).
    Returns the fields as uint64[sum of counts] and the number of bytes they took. Raises
    DombitError malformed (too few bytes) or forbidden-value (pad bits).
    """
    sizes = row_sizes(counts, widths)
    used = int(sizes.sum())
    if used > data.size:
        message = f"raw fields need {used} bytes, {data.size} are left"
        fail("malformed", "R-SEG-030", message, stage="segment")
    _check_padding(data, counts * widths, sizes)
    values, padded = np.empty(int(counts.sum()), np.uint64), pad(data[:used])
    for rows, field, byte, alike in _portions(counts, widths):
        into = values[field : field + int(rows[0].sum())]
        size = int(row_sizes(*rows).sum())
        if alike:
            _read_run(padded[byte:], into, rows)
        else:
            into[:] = gather(padded[byte : byte + size + 16], _places(rows), _each(rows))
    return values, used


def write_rows(
    values: NDArray[np.uint64], counts: NDArray[np.int64], widths: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Return the bytes that read_rows reads (pad bits zero): its inverse."""
    data = np.zeros(int(row_sizes(counts, widths).sum()), np.uint8)
    for rows, field, byte, alike in _portions(counts, widths):
        part = values[field : field + int(rows[0].sum())]
        size = int(row_sizes(*rows).sum())
        if size and alike:
            count = int(rows[0][0])
            into = data[byte : byte + size].reshape(rows[0].size, -1)
            write_alike(part.reshape(-1, count), into, int(rows[1][0]))
        elif size:
            some = _each(rows) > 0
            data[byte : byte + size] = scatter(part[some], _places(rows)[some], 8 * size)
    return data


def _check_padding(
    data: NDArray[np.uint8], bits: NDArray[np.int64], sizes: NDArray[np.int64]
) -> None:
    ends = np.cumsum(sizes) - 1
    odd = np.nonzero(bits & 7)[0]
    if odd.size and (data[ends[odd]] >> (bits[odd] & 7).astype(np.uint8)).any():
        message = "pad bits behind a row of raw fields are not zero"
        fail("forbidden-value", "R-SEG-031", message, stage="segment")


def _portions(
    counts: NDArray[np.int64], widths: NDArray[np.int64]
) -> Iterator[tuple[_Rows, int, int, bool]]:
    """Cut rows into portions: (rows, first field, first byte, whether the rows are alike)."""
    border = (counts[1:] != counts[:-1]) | (widths[1:] != widths[:-1])
    edges = np.concatenate([[0], np.flatnonzero(border) + 1, [counts.size]]).astype(np.int64)
    alike = int(counts.sum()) >= _RUN * (edges.size - 1)
    if not alike:
        counts, widths = _short(counts, widths)
        edges = _even_edges(counts)
    fields = np.concatenate([[0], np.cumsum(counts)])
    bytes_ = np.concatenate([[0], np.cumsum(row_sizes(counts, widths))])
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if stop > first:
            rows = counts[first:stop], widths[first:stop]
            yield rows, int(fields[first]), int(bytes_[first]), alike


def _short(counts: NDArray[np.int64], widths: NDArray[np.int64]) -> _Rows:
    """Cut long rows into pieces of CHUNK fields; such a piece fills its bytes."""
    pieces = np.maximum(1, -(-counts // CHUNK))
    short = np.full(int(pieces.sum()), CHUNK, np.int64)
    short[np.cumsum(pieces) - 1] = counts - (pieces - 1) * CHUNK
    return short, np.repeat(widths, pieces)


def _even_edges(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return edges between rows such that portions hold about CHUNK fields."""
    number = (np.cumsum(counts) + np.arange(counts.size)) // CHUNK
    inner = np.flatnonzero(number[1:] != number[:-1]) + 1
    return np.concatenate([[0], inner, [counts.size]]).astype(np.int64)


def _read_run(padded: NDArray[np.uint8], into: NDArray[np.uint64], rows: _Rows) -> None:
    count, width = int(rows[0][0]), int(rows[1][0])
    if not width:
        into[:] = 0
    elif count:
        read_alike(padded, into.reshape(-1, count), width)


def _each(rows: _Rows) -> NDArray[Any]:
    """Return the width of every field of some rows."""
    return np.repeat(rows[1], rows[0])


def _places(rows: _Rows) -> NDArray[np.int64]:
    """Return the bit position of every field of some rows, from the first row's start."""
    counts, widths = rows
    starts = 8 * (np.cumsum(row_sizes(counts, widths)) - row_sizes(counts, widths))
    starts -= (np.cumsum(counts) - counts) * widths
    place = np.arange(int(counts.sum()))
    place *= widths[0] if (widths == widths[0]).all() else np.repeat(widths, counts)
    place += np.repeat(starts, counts)
    return place
