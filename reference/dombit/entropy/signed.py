"""Signed values: tokens and side bits as sign and magnitude, nearly all at once (chapter 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.rawbits import gather, pad
from dombit.entropy.tokens import checked, meaning_of
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


def side_bits(tokens: NDArray[np.uint8], hybrid: Hybrid) -> int:
    """Return how many side bits signed values have: a sign unless 0, and extra bits."""
    widths = checked(tokens, hybrid).width
    wide = np.flatnonzero(widths)
    large = tokens[tokens >= wide[0]] if wide.size else tokens[:0]
    return int(widths[large].sum(dtype=np.int64)) + int(np.count_nonzero(tokens))


def join_signed(
    tokens: NDArray[np.uint8], stream: NDArray[np.uint8], hybrid: Hybrid
) -> SignedCodes:
    """Return the codes of tokens whose side bits are `stream`: per value sign, then extra bits.

    `stream` is as long as `side_bits` says, rounded up to bytes; that has refused forbidden tokens.
    """
    widths = meaning_of(hybrid).width
    coded = tokens != 0
    large = places_of_large(tokens, widths)
    extra_widths = widths[tokens[large]]
    total = int(np.count_nonzero(coded)) + int(extra_widths.sum(dtype=np.int64))
    bits = np.unpackbits(stream, count=total, bitorder="little")
    extra = np.zeros(0, np.uint32)
    if large.size:
        first = _extra_positions(coded, large, extra_widths)
        extra = gather(pad(stream), first, extra_widths).astype(np.uint32)
        bits = _without(bits, first, extra_widths)
    pairs = np.zeros((tokens.size, 2), np.uint8)
    pairs[:, 0] = tokens
    pairs[:, 1][np.flatnonzero(coded)] = bits
    return SignedCodes(
        codes=pairs.view("<u2").reshape(-1), largest=int(tokens.max()), large=large, extra=extra
    )


def places_of_large(tokens: NDArray[np.uint8], widths: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places of tokens with extra bits: all from the first such token on."""
    wide = np.flatnonzero(widths)
    return np.flatnonzero(tokens >= wide[0]) if wide.size else wide


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
    return SignedCodes(
        codes=codes.codes[first : first + count],
        largest=codes.largest,
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
