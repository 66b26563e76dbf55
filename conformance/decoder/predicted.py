"""Predicted elements: order-preserving integers, sums, contexts from the root (13.4, 13.5)."""

from __future__ import annotations

from fractions import Fraction

from conformance.decoder.floats import F32, F64, FORMATS, convert, pack_number, unpack
from conformance.decoder.structure import DTYPES

SIGNED = {3, 5, 7, 9, 40, 42}


def is_float(dtype: int) -> bool:
    """Tell whether a dtype is of the family float."""
    return DTYPES[dtype][3] > 0


def order(dtype: int, pattern: int) -> int:
    """Return an integer that ascends as the numbers do; -0 stands below +0."""
    bits = DTYPES[dtype][1]
    top = 1 << (bits - 1)
    if is_float(dtype):
        return ~pattern & ((1 << bits) - 1) if pattern & top else pattern | top
    return pattern ^ top if dtype in SIGNED else pattern


def unorder(dtype: int, number: int) -> int:
    """Return the pattern of an integer: the inverse of `order`."""
    bits = DTYPES[dtype][1]
    top = 1 << (bits - 1)
    if is_float(dtype):
        return number ^ top if number & top else ~number & ((1 << bits) - 1)
    return number ^ top if dtype in SIGNED else number


def moved(dtype: int, pattern: int, difference: int) -> int:
    """Return the element that stands `difference` above a prediction, modulo 2^bits."""
    return unorder(dtype, (order(dtype, pattern) + difference) % (1 << DTYPES[dtype][1]))


def summed(dtype: int, pattern: int, product: Fraction) -> int:
    """Return prediction + product, rounded once to f32 (f64: f64), then to the dtype."""
    assert dtype in FORMATS
    sign, size = unpack(dtype, pattern)
    base = Fraction(0) if isinstance(size, str) else (-size if sign else size)
    if dtype == F64:
        return pack_number(F64, base + product)
    return convert(pack_number(F32, base + product), F32, dtype)


def exponent_field(dtype: int, pattern: int) -> int:
    """Return E(p): the exponent field of a float, 0 of anything else."""
    _, _, _, exponents, mantissa = DTYPES[dtype]
    return pattern >> mantissa & ((1 << exponents) - 1)


def root_class(dtype: int, pattern: int) -> int:
    """Return 1 where the prediction is not zero."""
    bits = DTYPES[dtype][1]
    return int(pattern & ((1 << (bits - is_float(dtype))) - 1) != 0)
