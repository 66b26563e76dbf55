"""Tokens: hybrid integers, a token and the bits that it leaves open (chapter 11)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dombit.errors import UsageError, fail
from dombit.records import Hybrid

CHUNK = 1 << 18
"""Symbols taken at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What every token means under one hybrid configuration."""

    base: NDArray[np.uint32]
    """[256] value with all extra bits zero."""
    width: NDArray[np.uint8]
    """[256] number of extra bits."""
    end: int
    """First token that is forbidden."""


@lru_cache(maxsize=64)
def meaning_of(hybrid: Hybrid) -> Meaning:
    """Return what every token means under these parameters."""
    inside = hybrid.msb + hybrid.lsb
    base, width = np.zeros(256, np.uint32), np.zeros(256, np.uint8)
    end = (1 << hybrid.split) + ((32 - hybrid.split) << inside)
    for token in range(min(end, 256)):
        over = token - (1 << hybrid.split)
        if over < 0:
            base[token] = token
            continue
        log = hybrid.split + (over >> inside)
        top = over >> hybrid.lsb & ((1 << hybrid.msb) - 1)
        low = over & ((1 << hybrid.lsb) - 1)
        base[token] = (1 << log) + (top << (log - hybrid.msb)) + low
        width[token] = log - inside
    return Meaning(base=base, width=width, end=end)


def checked(tokens: NDArray[np.uint8], hybrid: Hybrid) -> Meaning:
    """Return the meaning of tokens, or refuse (forbidden-value) one beyond 32 bits."""
    meaning = meaning_of(hybrid)
    if tokens.size and int(tokens.max()) >= meaning.end:
        message = f"token {tokens.max()} means a value of more than 32 bits"
        fail("forbidden-value", "R-ENT-016", message, stage="segment")
    return meaning


def extra_widths(tokens: NDArray[np.uint8], hybrid: Hybrid) -> NDArray[np.uint8]:
    """Return how many extra bits each token has, 0..31; refuses forbidden tokens."""
    return checked(tokens, hybrid).width.take(tokens)


def join(
    tokens: NDArray[np.uint8], extra: NDArray[np.uint32], hybrid: Hybrid
) -> NDArray[np.uint32]:
    """Return the values of tokens and their extra bits; refuses forbidden tokens.

    Every element of `extra` fits into its token's width.
    """
    meaning = checked(tokens, hybrid)
    values = np.empty(tokens.size, np.uint32)
    for first in range(0, tokens.size, CHUNK):
        part = slice(first, first + CHUNK)
        meaning.base.take(tokens[part], out=values[part])
        values[part] += extra[part] << np.uint32(hybrid.lsb)
    return values


def split(
    values: NDArray[np.uint32], hybrid: Hybrid
) -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint8]]:
    """Return (tokens, extra bits, widths) of values: the inverse of join.

    Raises UsageError where a value needs a token above 255.
    """
    tokens = values.astype(np.uint8)
    extra, widths = np.zeros(values.size, np.uint32), np.zeros(values.size, np.uint8)
    for first in range(0, values.size, CHUNK):
        large = np.flatnonzero(values[first : first + CHUNK] >> np.uint32(hybrid.split))
        if large.size:
            large += first
            tokens[large], extra[large], widths[large] = _split_large(values[large], hybrid)
    return tokens, extra, widths


def _split_large(
    values: NDArray[np.uint32], hybrid: Hybrid
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """Split values that are not below the split."""
    msb, lsb = np.uint32(hybrid.msb), np.uint32(hybrid.lsb)
    # The exponent field of a double is the exact logarithm of a 32-bit integer.
    log = ((values.astype(np.float64).view(np.uint64) >> 52) - 1023).astype(np.uint32)
    top = (values >> (log - msb)) & ((1 << msb) - 1)
    low = values & ((1 << lsb) - 1)
    widths = log - msb - lsb
    tokens = (1 << hybrid.split) + ((log - hybrid.split) << (msb + lsb)) + (top << lsb) + low
    if int(tokens.max()) > 255:
        raise UsageError(f"hybrid integers {hybrid} need token {tokens.max()}")
    extra = (values >> lsb) & ((np.uint32(1) << widths) - 1)
    return tokens, extra, widths
