"""INT coding: bits of integers and of opaque elements as hybrid integers (chapter 12)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import pattern_type, unzigzag, zigzag
from dombit.dtypes import DType
from dombit.errors import fail

LEVEL_LIMIT = 1 << 31
"""Levels of the UNIFORM coding are smaller in magnitude."""


def has_sign(dtype: DType) -> bool:
    """Return whether INT symbols of a dtype are magnitude and sign; 64-bit halves are not."""
    return dtype.signed and dtype.bits < 64


def int_join(
    values: NDArray[np.uint32], negative: NDArray[np.bool] | None, dtype: DType
) -> NDArray[Any]:
    """Return bit patterns [n]: unsigned, of the dtype's width, sub-byte ones in a byte each.

    values: [n] magnitudes (with `negative`) or patterns; for 64-bit dtypes [2n], high halves first.
    Raises forbidden-value where a value lies outside the dtype's range.
    """
    if dtype.bits == 64:
        return _join_halves(values, signed=dtype.signed)
    if negative is None or not dtype.signed:
        _check_unsigned(values, dtype)
        return values.astype(pattern_type(dtype))
    _check_signed(values, negative, dtype)
    return _negated(values.astype(pattern_type(dtype)), negative, dtype)


def int_split(
    patterns: NDArray[Any], dtype: DType
) -> tuple[NDArray[np.uint32], NDArray[np.bool] | None]:
    """Return (values, negative) of bit patterns [n]; negative is None where there are no signs."""
    if dtype.bits == 64:
        return _split_halves(patterns, signed=dtype.signed), None
    if not dtype.signed:
        return patterns.astype(np.uint32), None
    number = patterns.dtype.type
    negative = (patterns & number(1 << (dtype.bits - 1))) != 0
    return _negated(patterns, negative, dtype).astype(np.uint32), negative


def _negated(numbers: NDArray[Any], negative: NDArray[np.bool], dtype: DType) -> NDArray[Any]:
    """Return unsigned numbers, those that are negative replaced by 2^b minus them."""
    ones = np.uint8(0) - negative.astype(numbers.dtype)
    mask = numbers.dtype.type((1 << dtype.bits) - 1)
    negated: NDArray[Any] = ((numbers ^ ones) - ones) & mask
    return negated


def _check_unsigned(values: NDArray[np.uint32], dtype: DType) -> None:
    """Refuse a pattern of more bits than the dtype has."""
    largest = int(values.max(initial=0))
    if largest >> dtype.bits:
        message = f"{largest} does not fit {dtype.name}"
        fail("forbidden-value", "R-QUA-004", message, stage="reconstruction")


def _check_signed(values: NDArray[np.uint32], negative: NDArray[np.bool], dtype: DType) -> None:
    """Refuse a magnitude above 2^(b-1), and that one with the sign +."""
    half = 1 << (dtype.bits - 1)
    if int(values.max(initial=0)) < half:
        return
    wrong = np.flatnonzero((values > half) | ((values == half) & ~negative))
    if wrong.size:
        sign = "-" if negative[wrong[0]] else ""
        message = f"{sign}{values[wrong[0]]} does not fit {dtype.name}"
        fail("forbidden-value", "R-QUA-005", message, stage="reconstruction")


def _join_halves(values: NDArray[np.uint32], *, signed: bool) -> NDArray[np.uint64]:
    """Join high and low halves; those of a signed dtype are a zigzag number."""
    out = values[0::2].astype(np.uint64)
    out <<= np.uint64(32)
    out |= values[1::2]
    return unzigzag(out).view(np.uint64) if signed else out


def _split_halves(patterns: NDArray[np.uint64], *, signed: bool) -> NDArray[np.uint32]:
    """Return high and low halves in turn, of the zigzag number for a signed dtype."""
    whole = zigzag(patterns.view(np.int64)) if signed else patterns
    out = np.empty(2 * whole.size, dtype=np.uint32)
    out[0::2] = whole >> np.uint64(32)
    out[1::2] = whole & np.uint64(0xFFFFFFFF)
    return out


def levels_join(magnitudes: NDArray[np.uint32], negative: NDArray[np.bool]) -> NDArray[np.int64]:
    """Return levels [n] of the UNIFORM coding. Raises forbidden-value for 2^31 and more."""
    largest = int(magnitudes.max(initial=0))
    if largest >= LEVEL_LIMIT:
        message = f"a level of magnitude {largest}, 2^31 and more are forbidden"
        fail("forbidden-value", "R-QUA-006", message, stage="reconstruction")
    ones = -negative.astype(np.int64)
    return (magnitudes.astype(np.int64) ^ ones) - ones


def levels_split(levels: NDArray[Any]) -> tuple[NDArray[np.uint32], NDArray[np.bool]]:
    """Return (magnitudes, negative) of levels [n], |level| < 2^31."""
    return np.abs(levels).astype(np.uint32), levels < 0
