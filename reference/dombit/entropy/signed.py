"""Signed values: tokens and side bits as sign and magnitude, nearly all at once (chapter 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.rawbits import gather, pad
from dombit.entropy.tokens import checked
from dombit.records import Hybrid

CHUNK = 1 << 16
NEGATIVE = 256
"""Added to the token of a negative value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCodes:
    """Signed hybrid integers: a code for each, and the extra bits of the few that have some."""

    codes: NDArray[np.uint16]
    """[n] token, + 256 where the value is negative."""
    largest: int
    """The largest token."""
    large: NDArray[np.int64]
    """Places of the tokens with extra bits, ascending."""
    extra: NDArray[np.uint32]
    """Their extra bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """The values of a segment that have extra bits, and how many side bits all values have."""

    places: NDArray[np.int64]
    """Ascending."""
    widths: NDArray[np.uint8]
    """Number of extra bits of each."""
    side_bits: int
    """Signs of what is not 0, and extra bits, of all values."""


def find_large(tokens: NDArray[np.uint8], hybrid: Hybrid) -> Large:
    """Return where tokens with extra bits are; refuses forbidden tokens.

    All tokens from the first one with extra bits on have some.
    """
    widths = checked(tokens, hybrid).width
    wide = np.flatnonzero(widths)
    places = np.flatnonzero(tokens >= wide[0]) if wide.size else wide
    extra = widths[tokens[places]]
    bits = int(extra.sum(dtype=np.int64)) + int(np.count_nonzero(tokens))
    return Large(places=places, widths=extra, side_bits=bits)


def join_signed(
    tokens: NDArray[np.uint8],
    stream: NDArray[np.uint8],
    hybrid: Hybrid,  # noqa: ARG001 - the compiled twin needs it
    large: Large,
) -> SignedCodes:
    """Return the codes of tokens whose side bits are `stream`: per value sign, then extra bits.

    `stream` is as long as `large` says, rounded up to bytes.
    """
    coded = tokens != 0
    bits = np.unpackbits(stream, count=large.side_bits, bitorder="little")
    extra = np.zeros(0, np.uint32)
    if large.places.size:
        first = _extra_positions(coded, large.places, large.widths)
        extra = gather(pad(stream), first, large.widths).astype(np.uint32)
        bits = _without(bits, first, large.widths)
    pairs = np.zeros((tokens.size, 2), np.uint8)
    pairs[:, 0] = tokens
    pairs[:, 1][np.flatnonzero(coded)] = bits
    codes = pairs.view("<u2").reshape(-1)
    return SignedCodes(codes=codes, largest=int(tokens.max()), large=large.places, extra=extra)


def _extra_positions(
    coded: NDArray[np.bool_], large: NDArray[np.int64], widths: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Return the position of the first extra bit of each large value: behind its sign."""
    edges = np.concatenate([np.zeros(1, np.int64), large])
    sums = np.add.reduceat(coded, edges, dtype=np.int64)
    if large[0] == 0:
        sums[0] = 0
    before: NDArray[np.int64] = np.cumsum(sums)[:-1] + np.cumsum(widths, dtype=np.int64)
    return before - widths + 1


def _without(
    bits: NDArray[np.uint8], first: NDArray[np.int64], widths: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the bits without those of the extra fields: the signs remain."""
    keep = np.ones(bits.size, bool)
    for offset in range(int(widths.max())):
        keep[first[widths > offset] + offset] = False
    return bits[keep]


def part_of(codes: SignedCodes, first: int, count: int) -> SignedCodes:
    """Return a stretch of codes."""
    if first == 0 and count == codes.codes.size:
        return codes
    low, high = np.searchsorted(codes.large, [first, first + count])
    part = codes.codes[first : first + count]
    return SignedCodes(
        codes=part,
        largest=int((part & np.uint16(255)).max(initial=0)),
        large=codes.large[low:high] - first,
        extra=codes.extra[low:high],
    )


def some_of(codes: SignedCodes) -> SignedCodes:
    """Return only the codes that have extra bits."""
    return SignedCodes(
        codes=codes.codes[codes.large],
        largest=codes.largest,
        large=np.arange(codes.large.size),
        extra=codes.extra,
    )


def look_up(codes: NDArray[np.uint16], table: NDArray[Any]) -> NDArray[Any]:
    """Return table[codes]: 512 entries, the negative ones from 256 on."""
    out = np.empty(codes.size, table.dtype)
    for first in range(0, codes.size, CHUNK):
        table.take(codes[first : first + CHUNK], out=out[first : first + CHUNK], mode="wrap")
    return out
