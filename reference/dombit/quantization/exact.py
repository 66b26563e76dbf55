"""FLOAT coding: bits of floats as tokens, side bits and raw mantissas, exactly (chapter 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import bits_type, chunks
from dombit.dtypes import FloatLayout
from dombit.errors import fail

TOP = 2
"""Mantissa bits that a token holds."""
ZeroBits = int | NDArray[np.uint8]
"""Zero low bits of mantissas: one number for all elements, or one each."""


def check_window(first_exponent: int, exponent_count: int, layout: FloatLayout) -> None:
    """Refuse a window of exponents that the exponent field cannot hold."""
    if first_exponent + exponent_count > 1 << layout.exponent_bits:
        message = f"{exponent_count} exponents from {first_exponent} on exceed the exponent field"
        fail("forbidden-value", "R-QUA-001", message, stage="parameters")


def check_tokens(tokens: NDArray[np.uint8], exponent_count: int) -> None:
    """Refuse tokens above the escape token."""
    largest = int(tokens.max(initial=0))
    if largest > escape_token(exponent_count):
        message = f"float token {largest} above the escape {escape_token(exponent_count)}"
        fail("forbidden-value", "R-QUA-002", message, stage="segment")


def check_zero_bits(zero_bits: ZeroBits, layout: FloatLayout) -> None:
    """Refuse numbers of zero low bits that leave no room for the token's mantissa bits."""
    largest = int(np.max(zero_bits, initial=0))
    if largest > layout.mantissa_bits - TOP:
        message = f"{largest} zero low bits, at most {layout.mantissa_bits - TOP} are possible"
        fail("forbidden-value", "R-QUA-003", message, stage="segment")


def escape_token(exponent_count: int) -> int:
    """Return the largest token: what the window of exponents does not hold."""
    return 4 * exponent_count + 1


def raw_width(layout: FloatLayout, zero_bits: int) -> int:
    """Return the width in bits of raw fields (0..50) where `zero_bits` low bits are zero.

    Raises forbidden-value where there are not that many.
    """
    check_zero_bits(zero_bits, layout)
    return layout.mantissa_bits - TOP - zero_bits


def side_widths(
    tokens: NDArray[np.uint8], exponent_count: int, layout: FloatLayout
) -> NDArray[np.uint8]:
    """Return the number of side bits of each symbol: 0, 1 (sign), or 3 + E for an escape.

    Raises forbidden-value for a token above the escape.
    """
    check_tokens(tokens, exponent_count)
    widths: NDArray[np.uint8] = (tokens != 0).astype(np.uint8)
    widths[tokens == escape_token(exponent_count)] = 1 + layout.exponent_bits + TOP
    return widths


def float_join(  # noqa: PLR0917 - symbols first, then what the group says
    tokens: NDArray[np.uint8],
    signs: NDArray[Any],
    escapes: NDArray[np.uint32],
    raw: NDArray[Any],
    zero_bits: ZeroBits,
    layout: FloatLayout,
    first_exponent: int,
    exponent_count: int,
) -> NDArray[Any]:
    """Return bit patterns [n], unsigned and of the layout's width.

    tokens, signs (0 or 1; not looked at where the token is 0): [n]. escapes: one for each escape
    token, exponent | top bits << E, as the side bits have it after the sign. raw: one for each
    token that is not 0, the value of its raw field (unsigned). zero_bits: one number, or [n].
    Raises forbidden-value.
    """
    check_window(first_exponent, exponent_count, layout)
    check_tokens(tokens, exponent_count)
    out = np.zeros(tokens.size, dtype=bits_type(layout.bits))
    number = out.dtype.type
    tops = _escape_tops(escapes, layout).astype(number)
    before_first = number((4 * first_exponent - 1) % (1 << layout.bits))
    done = escapes_done = 0
    for part in chunks(tokens.size):
        coded = _coded(tokens[part])
        piece = tokens[part][coded]
        here = slice(done, done + piece.size)
        top = piece + before_first
        escaped = np.flatnonzero(piece == escape_token(exponent_count))
        top[escaped] = tops[escapes_done : escapes_done + escaped.size]
        top <<= number(layout.mantissa_bits - TOP)
        top |= signs[part][coded].astype(number) << number(layout.bits - 1)
        top |= raw[here].astype(number) << _shift(zero_bits, part, coded, number)
        out[part][coded] = top
        done, escapes_done = done + piece.size, escapes_done + escaped.size
    return out


def _coded(tokens_or_bits: NDArray[Any]) -> Any:
    """Return an index of what is not zero: everything, or the places."""
    places = np.flatnonzero(tokens_or_bits)
    return slice(None) if places.size == tokens_or_bits.size else places


def _escape_tops(escapes: NDArray[np.uint32], layout: FloatLayout) -> NDArray[np.uint32]:
    """Bring exponent | top bits << E into the order of the element: exponent above."""
    exponents = escapes & np.uint32((1 << layout.exponent_bits) - 1)
    tops: NDArray[np.uint32] = exponents << np.uint32(TOP)
    tops |= escapes >> np.uint32(layout.exponent_bits)
    return tops


def _shift(zero_bits: ZeroBits, part: slice, coded: Any, number: type[Any]) -> Any:
    """Return the zero bits of coded elements as one number, or an array, of the elements' type."""
    if isinstance(zero_bits, np.ndarray):
        return zero_bits[part][coded].astype(number)
    return number(zero_bits)


# ---------------------------------------------------------------------------------- the inverse


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatSymbols:
    """What the elements of a run become: n tokens, m of them not 0."""

    tokens: NDArray[np.uint8]
    """[n]"""
    side_values: NDArray[np.uint32]
    """[m] sign; of an escape: sign | exponent << 1 | top bits << (1 + E)."""
    side_widths: NDArray[np.uint8]
    """[m] bits: 1, or 3 + E."""
    raw: NDArray[np.uint64]
    """[m] raw fields, of M - 2 - z bits each."""


def float_split(
    bits: NDArray[Any],
    zero_bits: ZeroBits,
    layout: FloatLayout,
    first_exponent: int,
    exponent_count: int,
) -> FloatSymbols:
    """Return the symbols of bit patterns [n] (unsigned, of the layout's width).

    zero_bits: one number, or [n]; that many low bits of every element must be zero (else they are
    lost): `low_zeros()` finds how many are.
    """
    count = int(np.count_nonzero(bits))
    tokens = np.zeros(bits.size, dtype=np.uint8)
    sides, widths = np.empty(count, dtype=np.uint32), np.empty(count, dtype=np.uint8)
    raw = np.empty(count, dtype=np.uint64)
    number = bits.dtype.type
    field = number((1 << (layout.mantissa_bits - TOP)) - 1)
    done = 0
    for part in chunks(bits.size):
        coded = _coded(bits[part])
        piece = bits[part][coded]
        here = slice(done, done + piece.size)
        some = _tokens_of(piece, layout, first_exponent, exponent_count)
        tokens[part][coded] = some
        raw[here] = (piece & field) >> _shift(zero_bits, part, coded, number)
        sides[here] = piece >> number(layout.bits - 1)
        _add_escapes(sides[here], piece, some == escape_token(exponent_count), layout)
        widths[here] = side_widths(some, exponent_count, layout)
        done += piece.size
    return FloatSymbols(tokens=tokens, side_values=sides, side_widths=widths, raw=raw)


def _tokens_of(
    bits: NDArray[Any], layout: FloatLayout, first_exponent: int, exponent_count: int
) -> NDArray[np.uint8]:
    """Return tokens of what is not +0.

    Exponents below the window wrap round and become escapes like those above.
    """
    number = bits.dtype.type
    top = (bits << number(1)) >> number(layout.mantissa_bits - TOP + 1)
    top -= number(4 * first_exponent)
    np.minimum(top, number(4 * exponent_count), out=top)
    top += number(1)
    tokens: NDArray[np.uint8] = top.astype(np.uint8)
    return tokens


def _add_escapes(
    sides: NDArray[np.uint32], bits: NDArray[Any], escaped: NDArray[np.bool], layout: FloatLayout
) -> None:
    """Add exponent and top bits to the side values of escapes, in place."""
    places = np.flatnonzero(escaped)
    tops = (bits[places] >> bits.dtype.type(layout.mantissa_bits - TOP)).astype(np.uint32)
    exponents = (tops >> np.uint32(TOP)) & np.uint32((1 << layout.exponent_bits) - 1)
    sides[places] |= exponents << np.uint32(1)
    sides[places] |= (tops & np.uint32(3)) << np.uint32(1 + layout.exponent_bits)


def low_zeros(bits: NDArray[Any], layout: FloatLayout) -> NDArray[np.uint8]:
    """Return the number of zero low bits that the mantissas of each row share, M - 2 at most.

    bits: patterns [rows, columns]. Rows that hold only +0 give M - 2.
    """
    joined = np.bitwise_or.reduce(bits, axis=1)
    lowest = joined & (~joined + bits.dtype.type(1))
    zeros: NDArray[np.uint8] = np.bitwise_count(lowest - bits.dtype.type(1))
    return np.minimum(zeros, np.uint8(layout.mantissa_bits - TOP))
