"""Floats as exact numbers: what a pattern says, the nearest pattern, conversion (13.3, 14.2)."""

from __future__ import annotations

from fractions import Fraction

F32, F64 = 18, 19
# dtype: (exponent bits, mantissa bits, bias, largest finite pattern, pattern above it)
FORMATS = {
    16: (5, 10, 15, 0x7BFF, 0x7C00),
    17: (8, 7, 127, 0x7F7F, 0x7F80),
    18: (8, 23, 127, 0x7F7FFFFF, 0x7F800000),
    19: (11, 52, 1023, (0x7FF << 52) - 1, 0x7FF << 52),
    24: (4, 3, 7, 0x7E, 0x7E),
    25: (5, 2, 15, 0x7B, 0x7C),
    26: (4, 3, 8, 0x7F, 0x7F),
    27: (5, 2, 16, 0x7F, 0x7F),
}
CANONICAL_NAN = {
    16: 0x7E00,
    17: 0x7FC0,
    18: 0x7FC00000,
    19: 0x7FF8 << 48,
    24: 0x7F,
    25: 0x7E,
    26: 0x80,
    27: 0x80,
}
NO_MINUS_ZERO = {26, 27}
NAN, INFINITY = "nan", "infinity"


def unpack(dtype: int, pattern: int) -> tuple[int, Fraction | str]:
    """Return sign and magnitude of a pattern: an exact number, NAN or INFINITY."""
    exponents, mantissa, bias, largest, above = FORMATS[dtype]
    sign, rest = pattern >> (exponents + mantissa), pattern & ((1 << (exponents + mantissa)) - 1)
    if dtype in NO_MINUS_ZERO and sign and not rest:
        return 0, NAN
    if rest > largest:
        return sign, INFINITY if rest == above else NAN
    e, m = rest >> mantissa, rest & ((1 << mantissa) - 1)
    whole = m + (1 << mantissa) if e else m
    return sign, Fraction(whole) * Fraction(2) ** (max(e, 1) - bias - mantissa)


def pack(dtype: int, sign: int, size: Fraction | str) -> int:
    """Return the nearest pattern of a magnitude, ties to even, with gradual underflow."""
    exponents, mantissa, bias, largest, above = FORMATS[dtype]
    if size == NAN:
        return CANONICAL_NAN[dtype]
    if isinstance(size, str):
        return sign << (exponents + mantissa) | above
    e = 1 - bias
    if size:
        e = max(e, size.numerator.bit_length() - size.denominator.bit_length() - 1)
    while size >= Fraction(2) ** (e + 1):
        e += 1
    steps = round(size / Fraction(2) ** (e - mantissa))
    # steps >= 2^mantissa is a normal number; a carry moves on to the next exponent by itself
    pattern = steps + ((e + bias - 1) << mantissa)
    if pattern > largest:
        pattern = above
    if pattern == 0 and dtype in NO_MINUS_ZERO:
        return 0
    return sign << (exponents + mantissa) | pattern


def pack_number(dtype: int, number: Fraction) -> int:
    """Return the nearest pattern of a number; 0 is +0."""
    return pack(dtype, int(number < 0), abs(number))


def convert(pattern: int, old: int, new: int) -> int:
    """Return an element in another float dtype: by way of f32, unless that is f64."""
    if old == new:
        return pattern
    if new == F64:
        return pack(F64, *unpack(old, pattern))
    single = pack(F32, *unpack(old, pattern))
    return single if new == F32 else pack(new, *unpack(F32, single))
