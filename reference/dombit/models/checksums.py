"""Checksums: CRC-32 of many ranges of a file in one pass over it (chapter 8)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dombit.records import Buffer

_POLYNOMIAL = 0xEDB88320
"""That of CRC-32, bit-reversed: bit 31 is x^0."""
_X8 = 1 << 23
"""x^8: what a byte more multiplies by."""


def range_checksums(
    parts: Iterable[Buffer], firsts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the CRC-32 of each range of a file that comes in parts, [ranges].

    The CRC of a range follows from those of the two prefixes that end where it begins and
    where it ends, so ranges that overlap cost nothing more. Ranges lie inside the file.
    """
    ends = firsts + lengths
    bounds = np.unique(np.concatenate((firsts, ends)))
    prefix = _prefix_checksums(parts, bounds.tolist())
    before = prefix[np.searchsorted(bounds, firsts)]
    return prefix[np.searchsorted(bounds, ends)] ^ _shifted(before, lengths)


def _prefix_checksums(parts: Iterable[Buffer], bounds: list[int]) -> NDArray[np.int64]:
    """Return the CRC-32 of the first n bytes for each n of `bounds` (ascending)."""
    values = np.zeros(len(bounds), np.int64)
    at, crc, reached = 0, 0, 0
    for part in parts:
        rest = memoryview(part)
        while reached < len(bounds) and bounds[reached] <= at + len(rest):
            cut = bounds[reached] - at
            crc = zlib.crc32(rest[:cut], crc)
            rest, at = rest[cut:], at + cut
            values[reached] = crc
            reached += 1
        if reached == len(bounds):
            break
        crc = zlib.crc32(rest, crc)
        at += len(rest)
    return values


def _shifted(crcs: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what a prefix's CRC contributes to the CRC after `length` more bytes, [ranges].

    That is the product with x^(8 length), by squaring: bit by bit of all lengths at once.
    """
    result = crcs.copy()
    power = np.array([_X8], np.int64)
    for bit in range(int(lengths.max(initial=0)).bit_length()):
        chosen = (lengths >> bit) & 1 == 1
        result[chosen] = _product(result[chosen], power)
        power = _product(power, power)
    return result


def _product(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Multiply polynomials modulo that of CRC-32."""
    total = np.zeros_like(left)
    factor = np.broadcast_to(right, left.shape)
    for bit in range(31, -1, -1):
        total ^= np.where((left >> bit) & 1, factor, 0)
        factor = (factor >> 1) ^ np.where(factor & 1, _POLYNOMIAL, 0)
    return total
