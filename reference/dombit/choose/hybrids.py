"""Hybrids: the hybrid integers whose tokens and bits are fewest (informative)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dombit.entropy import choose as entropy_choose
from dombit.entropy import tokens
from dombit.records import Hybrid

FINE = Hybrid()
"""What values are looked at with: tokens of all that are tried are unions of its tokens."""
TRIED = (
    FINE,
    Hybrid(split=4, msb=1, lsb=1),
    Hybrid(split=4, msb=2, lsb=0),
    Hybrid(split=2, msb=2, lsb=0),
    Hybrid(split=4, msb=1, lsb=0),
    Hybrid(split=3, msb=1, lsb=0),
    Hybrid(split=2, msb=1, lsb=0),
    Hybrid(split=1, msb=0, lsb=0),
)
"""With 64 tokens the last two reach all values of 32 bits, those with two bits behind the leading
one values below 2^16. A split of 2 has no more tokens than it has octaves: good for wide values."""

LESS = 0.9995
"""Share of the bits of earlier hybrid integers below which later ones are taken."""


@lru_cache(maxsize=16)
def union_of(hybrid: Hybrid) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the token [256] of each fine one, and how many bits more are behind it, [256]."""
    fine = tokens.meaning_of(FINE)
    base = fine.base[: fine.end]
    found, _, widths = tokens.split(base, hybrid)
    coarse, more = np.full(256, 255, np.uint8), np.zeros(256, np.int64)
    coarse[: fine.end] = found
    more[: fine.end] = widths.astype(np.int64) - fine.width[: fine.end]
    return coarse, more


def fold(histograms: NDArray[np.int64], hybrid: Hybrid) -> tuple[NDArray[np.int64], int]:
    """Return the histograms [contexts, 256] that fine ones become, and the bits that are added."""
    coarse, more = union_of(hybrid)
    out = np.zeros((256, histograms.shape[0]), np.int64)
    np.add.at(out, coarse, histograms.T)
    return np.ascontiguousarray(out.T), int((histograms.sum(axis=0) * more).sum())


def pick_hybrid(histograms: NDArray[np.int64], level_tokens: int) -> tuple[Hybrid, float]:
    """Return the hybrid integers that make tables [T, 256] of fine tokens cheapest, and the bits.

    Only those count whose tokens the level allows, and a later one only where it saves more than
    the words of lanes may take it back. The bits are those of tokens, tables and what differs from
    the extra bits of fine tokens.
    """
    best, least = TRIED[-1], math.inf
    for hybrid in TRIED:
        folded, more = fold(histograms, hybrid)
        if folded[:, level_tokens:].any():
            continue
        frequencies = entropy_choose.frequencies_of(folded)
        bits = float(entropy_choose.bits_of(folded, frequencies).sum()) + more
        bits += int(entropy_choose.table_cost_bits(frequencies).sum())
        if bits < LESS * least:
            best, least = hybrid, bits
    return best, least
