"""Raw bits: fields of fixed and of variable width, LSB first, outside the lanes (chapter 11)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.errors import UsageError, fail

CHUNK = 1 << 17
"""Fields taken at a time."""

# ---------------------------------------------------------------------------------- fixed widths


def read_fixed(data: NDArray[np.uint8], count: int, width: int) -> NDArray[np.uint64]:
    """Return `count` fields of `width` <= 50 bits that follow each other in `data`."""
    values = np.zeros(count, np.uint64)
    if width:
        read_alike(pad(data), values.reshape(1, count), width)
    return values


def write_fixed(values: NDArray[np.uint64], width: int) -> NDArray[np.uint8]:
    """Return the bytes of fields of one width (pad bits zero): the inverse of read_fixed."""
    data = np.zeros((values.size * width + 7) // 8, np.uint8)
    if data.size:
        write_alike(values.reshape(1, -1), data.reshape(1, -1), width)
    return data


def pad(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a copy with 16 zero bytes behind it, so that windows may reach beyond the end."""
    return np.concatenate([data, np.zeros(16, np.uint8)])


def read_alike(padded: NDArray[np.uint8], into: NDArray[np.uint64], width: int) -> None:
    """Read rows [rows, count] of fields of one width; every row starts at a byte.

    Eight fields fill `width` bytes, so each of the eight is a strided view of 64-bit windows.
    `width` is 1..50 and at least 8 bytes of `padded` follow the rows.
    """
    rows, count = into.shape
    size = (count * width + 7) // 8
    mask = np.uint64((1 << width) - 1)
    high = max(1, CHUNK // max(count, 1))
    wide = CHUNK // 8 * 8
    for top in range(0, rows, high):
        for left in range(0, count, wide):
            block = into[top : top + high, left : left + wide]
            first = top * size + left // 8 * width
            for field in range(min(8, block.shape[1])):
                part = block[:, field::8]
                byte, bit = divmod(field * width, 8)
                window = _windows(padded, first + byte, part.shape, (size, width))
                np.right_shift(window, np.uint64(bit), out=part)
                part &= mask


def _windows(
    padded: NDArray[np.uint8], first: int, shape: tuple[int, ...], strides: tuple[int, int]
) -> NDArray[np.uint64]:
    """Return a read-only view of 64-bit windows at byte `first` + row and column steps."""
    last = first + (shape[0] - 1) * strides[0] + (shape[1] - 1) * strides[1]
    if last + 8 > padded.size:
        raise UsageError("fewer bytes than the fields need")
    return np.ndarray(shape, np.dtype("<u8"), padded.data, first, strides)


def write_alike(values: NDArray[np.uint64], into: NDArray[np.uint8], width: int) -> None:
    """Write rows [rows, count] of fields of one width into rows of bytes [rows, size]."""
    rows, count = values.shape
    high = max(1, CHUNK // max(count, 1))
    wide = CHUNK // 8 * 8
    for top in range(0, rows, high):
        for left in range(0, count, wide):
            block = values[top : top + high, left : left + wide]
            packed = _pack_eights(block, width)
            first = left // 8 * width
            part = into[top : top + high, first : first + packed.shape[1]]
            part[:] = packed[:, : part.shape[1]]


def _pack_eights(block: NDArray[np.uint64], width: int) -> NDArray[np.uint8]:
    """Return [rows, ceil(count / 8) * width] bytes, eight fields to `width` bytes."""
    rows, count = block.shape
    eights, words = -(-count // 8), -(-width // 8)
    out = np.zeros((words, rows, eights), "<u8")
    for field in range(min(8, count)):
        part = block[:, field::8]
        word, bit = divmod(field * width, 64)
        out[word, :, : part.shape[1]] |= part << np.uint64(bit)
        if bit + width > 64:
            out[word + 1, :, : part.shape[1]] |= part >> np.uint64(64 - bit)
    little = np.ascontiguousarray(out.transpose(1, 2, 0)).view(np.uint8)
    return little[:, :, :width].reshape(rows, eights * width)


# ------------------------------------------------------------------------------- variable widths


def read_variable(data: NDArray[np.uint8], widths: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return fields of `widths` <= 32 bits that follow each other and fill `data`.

    Refuses (forbidden-value) bits behind the last field that are not zero.
    """
    check_fields(data, widths)
    values = np.empty(widths.size, np.uint32)
    padded, first = pad(data), 0
    for start in range(0, widths.size, CHUNK):
        part = widths[start : start + CHUNK]
        taken = int(part.sum(dtype=np.int64))
        window = padded[first // 8 : (first + taken + 7) // 8 + 16]
        values[start : start + CHUNK] = _read_chunk(window, first % 8, part, taken)
        first += taken
    return values


def write_variable(values: NDArray[np.uint32], widths: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bytes of fields of `widths` bits (pad bits zero): the inverse of read_variable.

    Values fit their widths.
    """
    bits = int(widths.sum(dtype=np.int64))
    data = np.zeros((bits + 7) // 8 + 16, np.uint8)
    first = 0
    for start in range(0, widths.size, CHUNK):
        part = slice(start, start + CHUNK)
        first += _write_chunk(data, first, values[part], widths[part])
    return data[: (bits + 7) // 8]


def check_fields(data: NDArray[np.uint8], widths: NDArray[np.uint8]) -> None:
    """Refuse (forbidden-value) bits behind the last field that are set.

    Raises UsageError where there are too few bytes: whoever cuts them out of a stream checks
    that there are enough.
    """
    bits = int(widths.sum(dtype=np.int64))
    if 8 * data.size < bits or (widths.size and int(widths.max()) > 32):
        raise UsageError("fewer bytes than the fields need, or fields beyond 32 bits")
    check_behind(data, bits)


def check_behind(data: NDArray[np.uint8], bits: int) -> None:
    """Refuse (forbidden-value) a set bit behind the first `bits`."""
    full, used = divmod(bits, 8)
    if (used and int(data[full]) >> used) or data[full + (used > 0) :].any():
        message = "the bits behind the side bits are not zero"
        fail("forbidden-value", "R-ENT-018", message, stage="segment")


def _read_chunk(
    window: NDArray[np.uint8], shift: int, widths: NDArray[np.uint8], taken: int
) -> NDArray[Any]:
    """Read the fields of a chunk that starts `shift` bits into `window`; most are single bits."""
    large = np.flatnonzero(widths > 1)
    if 4 * large.size > widths.size:
        return gather(window, _positions(widths, shift), widths)
    single = np.unpackbits(window, count=shift + taken + 1, bitorder="little")[shift:]
    if not large.size and taken == widths.size:
        return single[:-1]
    place = _positions(widths, 0)
    values: NDArray[np.uint32] = single[place].astype(np.uint32)
    values *= widths > 0
    values[large] = gather(window, place[large] + shift, widths[large])
    return values


def _positions(widths: NDArray[np.uint8], shift: int) -> NDArray[np.int64]:
    place = np.cumsum(widths, dtype=np.int64)
    place -= widths
    place += shift
    return place


def _write_chunk(
    data: NDArray[np.uint8], first: int, values: NDArray[np.uint32], widths: NDArray[np.uint8]
) -> int:
    """Add the fields of a chunk to `data` from bit `first` on; return their bits."""
    bits = int(widths.sum(dtype=np.int64))
    if not bits:
        return 0
    present = widths > 0
    if int(widths.max()) == 1:
        packed = _pack_single(values[present], first % 8)
    else:
        place = _positions(widths, first % 8)[present]
        packed = scatter(values[present].astype(np.uint64), place, first % 8 + bits)
    data[first // 8 : first // 8 + packed.size] |= packed
    return bits


def _pack_single(values: NDArray[np.uint32], shift: int) -> NDArray[np.uint8]:
    bits = np.zeros(shift + values.size, np.uint8)
    bits[shift:] = values
    return np.packbits(bits, bitorder="little")


# ------------------------------------------------------------------------ fields at any position


def gather(
    window: NDArray[np.uint8], place: NDArray[np.int64], widths: NDArray[Any]
) -> NDArray[np.uint64]:
    """Return fields of `widths` <= 50 bits at bit positions; 16 bytes of padding follow them.

    By windows of 64 bits at steps of 32: one holds 33 bits from any bit of its first half.
    """
    halves = window[: window.size // 4 * 4].view("<u4").astype(np.uint64)
    pairs = halves[:-1] | halves[1:] << np.uint64(32)
    word, bit = place >> 5, (place & 31).astype(np.uint64)
    values: NDArray[np.uint64] = pairs.take(word, mode="clip")  # inside: bits were counted
    values >>= bit
    if widths.size and int(widths.max()) > 33:
        word += 1
        values |= pairs.take(word, mode="clip") << (np.uint64(32) - bit)
    values &= _MASKS.take(widths, mode="clip")
    return values


_MASKS = np.array([(1 << width) - 1 for width in range(51)], np.uint64)


def scatter(values: NDArray[np.uint64], place: NDArray[np.int64], bits: int) -> NDArray[np.uint8]:
    """Return `bits` bits as bytes, with fields at ascending bit positions, disjoint.

    Fields that begin in the same 64-bit word are a run: its fields are joined at once.
    """
    word, bit = place >> 6, (place & 63).astype(np.uint64)
    starts = np.flatnonzero(np.concatenate([[True], word[1:] != word[:-1]]))
    out = np.zeros(bits // 64 + 2, "<u8")
    out[word[starts]] = np.bitwise_or.reduceat(values << bit, starts)
    over = (values >> np.uint64(1)) >> (np.uint64(63) - bit)
    out[word[starts] + 1] |= np.bitwise_or.reduceat(over, starts)
    return out.view(np.uint8)[: (bits + 7) // 8]
