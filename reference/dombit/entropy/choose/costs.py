"""Costs: bits of symbols and of tables as integers, the same on every machine (annex)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.tables import TOTAL, representable

UNIT = 1 << 16
"""A bit of cost."""
NEVER = 64 * UNIT
"""Cost of a symbol whose frequency is 0: more than any other's."""

LOGS = np.array([-NEVER + 12 * UNIT, *(round(math.log2(f) * UNIT) for f in range(1, 4097))])
"""[4097] logarithm of a frequency, in units."""
_FINE = np.array([round(math.log2(1 + i / 4096) * UNIT) for i in range(4097)])
"""[4097] logarithm of 1 + i / 4096."""
REPRESENTABLE = np.array([representable(f) for f in range(TOTAL + 1)])
_LOG_COUNT = np.array([f.bit_length() for f in range(TOTAL + 1)])


def log2_units(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the logarithm of counts 1 .. 2^50 in units, by integer arithmetic."""
    exponents = np.frexp(counts.astype(np.float64))[1].astype(np.int64) - 1
    shift = 50 - exponents
    place = (counts << shift) - (1 << 50)
    step, part = place >> 38, place >> 22 & 0xFFFF
    low = _FINE[step]
    between = (_FINE[step + 1] - low) * part >> 16
    logs: NDArray[np.int64] = exponents * UNIT + low + between
    return logs


def entropy_units(counts: NDArray[Any]) -> int:
    """Return the empirical entropy of a histogram times its symbols, in units."""
    some = counts[counts > 0].astype(np.int64)
    if some.size < 2:
        return 0
    total = log2_units(some.sum(keepdims=True))
    return int((some * (total - log2_units(some))).sum())


def entropies_units(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the empirical entropy [T] of histograms [T, n] times their symbols, in units."""
    rows, places = np.nonzero(counts)
    some = counts[rows, places]
    totals = counts.sum(axis=1)
    units: NDArray[np.int64] = totals * log2_units(np.maximum(totals, 1))
    np.subtract.at(units, rows, some * log2_units(some))
    return units


def data_units(counts: NDArray[np.int64], frequencies: NDArray[Any]) -> NDArray[np.int64]:
    """Return the cost [T] of histograms [T, 256] under frequencies [T, 256], in units."""
    cost: NDArray[np.int64] = (counts * (12 * UNIT - LOGS[frequencies])).sum(axis=1)
    return cost


def table_bits(frequencies: NDArray[Any]) -> NDArray[np.int64]:
    """Return the bits [T] that write_tables spends on each table [T, 256]."""
    rows, tokens = frequencies.shape
    log = _LOG_COUNT[frequencies]
    odd = ~REPRESENTABLE[frequencies]
    remainder = np.where(odd.any(axis=1), odd.argmax(axis=1), frequencies.argmax(axis=1))
    last = tokens - 1 - (frequencies[:, ::-1] > 0).argmax(axis=1)
    previous = np.zeros_like(log)
    previous[:, 1:] = log[:, :-1]
    behind = remainder + 1
    inside = behind < tokens
    previous[inside, behind[inside]] = np.where(
        remainder[inside] > 0, log[inside, remainder[inside] - 1], 0
    )
    step = log - previous
    bits = np.where(step == 0, 1, np.where(step == -1, 2, np.where(step == 1, 3, 7))) + log // 2
    bits[np.arange(tokens) > last[:, None]] = 0
    bits[np.arange(rows), remainder] = 0
    total: NDArray[np.int64] = bits.sum(axis=1) + 16
    return total
