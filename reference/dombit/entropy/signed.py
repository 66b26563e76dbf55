"""Signed values: tokens and side bits as sign and magnitude, nearly all at once (chapter 11)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.rawbits import gather, pad
from dombit.entropy.tokens import checked, meaning_of
from dombit.records import Hybrid

CHUNK = 1 << 16
NEGATIVE = 256
"""Added to the token of a negative value."""
MANY = 8
"""With more large values than one in so many, all are treated as large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCodes:
    """Signed hybrid integers: a code for each, and the extra bits of those that have some."""

    tokens: NDArray[np.uint8]
    """[n]"""
    codes: NDArray[np.uint16]
    """[n] token, + 256 where the value is negative."""
    large: NDArray[np.int64]
    """Places of the tokens with extra bits, ascending."""
    extra: NDArray[np.uint32]
    """Their extra bits."""
    every: NDArray[np.uint32] | None = None
    """[n] extra bits of all values, in the place of the two before, where many have some."""

    @property
    def largest(self) -> int:
        """The largest token."""
        return int(self.tokens.max(initial=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """The values of a segment that have extra bits, and how many side bits all values have."""

    places: NDArray[np.int64]
    """Ascending."""
    widths: NDArray[np.uint8]
    """Number of extra bits of each."""
    side_bits: int
    """Signs of what is not 0, and extra bits, of all values."""
    many: bool = False
    """Whether there are so many that all values are treated as such; then they are not listed."""


def find_large(tokens: NDArray[np.uint8], hybrid: Hybrid) -> Large:
    """Return where tokens with extra bits are; refuses forbidden tokens.

    All tokens from the first one with extra bits on have some.
    """
    widths = checked(tokens, hybrid).width
    wide, coded = np.flatnonzero(widths), int(np.count_nonzero(tokens))
    is_large = tokens >= int(wide[0]) if wide.size else np.zeros(tokens.size, bool)
    if np.count_nonzero(is_large) * MANY > tokens.size:
        bits = sum(
            int(widths.take(tokens[at : at + CHUNK]).sum(dtype=np.int64))
            for at in range(0, tokens.size, CHUNK)
        )
        none = np.zeros(0, np.int64)
        return Large(places=none, widths=widths[:0], side_bits=coded + bits, many=True)
    places = np.flatnonzero(is_large)
    extra = widths[tokens[places]]
    bits = int(extra.sum(dtype=np.int64))
    return Large(places=places, widths=extra, side_bits=coded + bits)


def join_signed(
    tokens: NDArray[np.uint8],
    stream: NDArray[np.uint8],
    hybrid: Hybrid,
    large: Large,
) -> SignedCodes:
    """Return the codes of tokens whose side bits are `stream`: per value sign, then extra bits.

    `stream` is as long as `large` says, rounded up to bytes.
    """
    if large.many:
        return _join_fields(tokens, stream, hybrid)
    eights = _coded_of_eight(tokens)
    extra = np.zeros(0, np.uint32)
    if large.places.size:
        behind_sign = _extra_positions(eights, large)
        extra = gather(pad(stream), behind_sign, large.widths).astype(np.uint32)
        stream = _without(stream, behind_sign, large)
    codes = np.empty(tokens.size, np.uint16)
    window = _sixteen_bits(stream)
    for first in range(0, tokens.size, CHUNK):
        part = slice(first, first + CHUNK)
        codes[part] = _spread_signs(eights, window, first, codes[part].size)
        codes[part] *= NEGATIVE
        codes[part] += tokens[part]
    return SignedCodes(tokens=tokens, codes=codes, large=large.places, extra=extra)


def _join_fields(
    tokens: NDArray[np.uint8], stream: NDArray[np.uint8], hybrid: Hybrid
) -> SignedCodes:
    """Return such codes where many values are large: sign and extra bits are read as one field."""
    width = field_widths(hybrid)
    codes, every = np.empty(tokens.size, np.uint16), np.empty(tokens.size, np.uint32)
    padded, bit = pad(stream), 0
    for first in range(0, tokens.size, CHUNK):
        part = slice(first, first + CHUNK)
        widths = width.take(tokens[part])
        stops = np.cumsum(widths, dtype=np.int64)
        taken = int(stops[-1])
        window = padded[bit // 8 : (bit + taken + 7) // 8 + 16]
        stops -= widths
        stops += bit % 8
        fields = gather(window, stops, widths).astype(np.uint32)
        np.right_shift(fields, np.uint32(1), out=every[part])
        codes[part] = fields & np.uint32(1)
        codes[part] *= NEGATIVE
        codes[part] += tokens[part]
        bit += taken
    none = np.zeros(0, np.int64)
    return SignedCodes(tokens=tokens, codes=codes, large=none, extra=every[:0], every=every)


@lru_cache(maxsize=16)
def field_widths(hybrid: Hybrid) -> NDArray[np.uint8]:
    """Return the side bits of each token [256]: a sign for what is not 0, then its extra bits."""
    widths = meaning_of(hybrid).width.copy()
    widths[1:] += 1
    return widths


@dataclass(frozen=True, slots=True, kw_only=True)
class Eights:
    """Which values are coded, of eight values at a time."""

    masks: NDArray[np.uint8]
    """[n / 8] bit k: value k of the eight is not 0."""
    before: NDArray[np.int64]
    """[n / 8] coded values before each eight."""


def _coded_of_eight(tokens: NDArray[np.uint8]) -> Eights:
    masks = np.packbits(tokens != 0, bitorder="little")
    counts = np.bitwise_count(masks)
    return Eights(masks=masks, before=np.cumsum(counts, dtype=np.int64) - counts)


def _sixteen_bits(stream: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the 16 bits from each byte on."""
    padded = pad(stream)
    return padded[:-1].astype(np.uint16) | padded[1:].astype(np.uint16) << np.uint16(8)


def _spread_signs(
    eights: Eights, signs: NDArray[np.uint16], first: int, count: int
) -> NDArray[np.uint8]:
    """Return 0 or 1 for each value from `first` on: its sign bit if it is coded, else 0.

    Eight values take the next eight bits, of which a table spreads as many as are coded.
    """
    part = slice(first // 8, (first + count + 7) // 8)
    index = signs.take(eights.before[part] >> 3, mode="wrap")  # inside: bits were counted
    index >>= (eights.before[part] & 7).astype(np.uint16)
    index &= np.uint16(0xFF)
    index |= eights.masks[part].astype(np.uint16) << np.uint16(8)
    return np.unpackbits(_spreads().take(index), count=count, bitorder="little")


@lru_cache(maxsize=1)
def _spreads() -> NDArray[np.uint8]:
    """Return [256 * 256]: the low bits of the second index, at the places set in the first."""
    masks, bits = np.divmod(np.arange(1 << 16, dtype=np.uint16), np.uint16(256))
    spread = np.zeros(1 << 16, np.uint8)
    for place in range(8):
        there = masks >> np.uint16(place) & np.uint16(1)
        spread |= ((bits & there) << np.uint16(place)).astype(np.uint8)
        bits >>= there
    return spread


def _extra_positions(eights: Eights, large: Large) -> NDArray[np.int64]:
    """Return the position of the first extra bit of each large value: behind its sign."""
    eight, place = large.places >> 3, large.places & 7
    positions: NDArray[np.int64] = eights.before[eight] + 1
    positions += np.bitwise_count(eights.masks[eight] & ((1 << place) - 1))
    positions += np.cumsum(large.widths, dtype=np.int64) - large.widths
    return positions


def _without(
    stream: NDArray[np.uint8], first: NDArray[np.int64], large: Large
) -> NDArray[np.uint8]:
    """Return the stream without the bits of the extra fields: the signs remain."""
    bits = np.unpackbits(stream, count=large.side_bits, bitorder="little")
    keep = np.ones(bits.size, bool)
    for offset in range(int(large.widths.max())):
        keep[first[large.widths > offset] + offset] = False
    return np.packbits(bits[keep], bitorder="little")


def magnitudes(codes: SignedCodes, hybrid: Hybrid) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Return magnitudes and signs (true: negative) of codes."""
    values = meaning_of(hybrid).base.take(codes.tokens)
    if codes.every is not None:
        values += codes.every << np.uint32(hybrid.lsb)
    else:
        values[codes.large] += codes.extra << np.uint32(hybrid.lsb)
    return values, codes.codes >= NEGATIVE


def part_of(codes: SignedCodes, first: int, count: int) -> SignedCodes:
    """Return a stretch of codes."""
    if first == 0 and count == codes.codes.size:
        return codes
    every = None if codes.every is None else codes.every[first : first + count]
    low, high = np.searchsorted(codes.large, [first, first + count])
    return SignedCodes(
        tokens=codes.tokens[first : first + count],
        codes=codes.codes[first : first + count],
        large=codes.large[low:high] - first,
        extra=codes.extra[low:high],
        every=every,
    )


def some_of(codes: SignedCodes) -> SignedCodes:
    """Return only the codes that have extra bits."""
    return SignedCodes(
        tokens=codes.tokens[codes.large],
        codes=codes.codes[codes.large],
        large=np.arange(codes.large.size),
        extra=codes.extra,
    )


def look_up(codes: NDArray[np.uint16], table: NDArray[Any], out: NDArray[Any]) -> None:
    """Write table[codes] to `out`: 512 entries, the negative ones from 256 on."""
    for first in range(0, codes.size, CHUNK):
        table.take(codes[first : first + CHUNK], out=out[first : first + CHUNK], mode="wrap")
