"""UNIFORM coding: levels times a step m * 2^e, in exact arithmetic (chapters 12 and 14)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import chunks, pattern_type, round_f32_to, round_to_integer
from dombit.dtypes import DType
from dombit.errors import fail
from dombit.quantization.integers import LEVEL_LIMIT

Part = int | NDArray[np.int64]
"""Mantissa or exponent of a step: one for all elements, or one each."""


def product_limit(dtype: DType) -> int:
    """Return what |level| * m stays below, so that the product is exact in fp32 (f64: in fp64)."""
    return 1 << 53 if dtype.name == "f64" else 1 << 24


def values(levels: NDArray[np.int64], mantissa: Part, exponent: Part, dtype: DType) -> NDArray[Any]:
    """Return bit patterns [n], unsigned and of the dtype's width, of level * m * 2^e.

    levels: [n]; mantissa, exponent: one number, or [n]. Exact, then one rounding to the dtype.
    Raises forbidden-value where |level| * m is too large.
    """
    out = np.empty(levels.size, dtype=pattern_type(dtype))
    for part in chunks(levels.size):
        products = levels[part].astype(np.int64) * _piece(mantissa, part)
        _check_products(products, dtype)
        out[part] = _round(products, _piece(exponent, part), dtype)
    return out


def scaled(levels: NDArray[np.int64], mantissa: Part, exponent: Part, dtype: DType) -> NDArray[Any]:
    """Return level * m * 2^e [n], exact, in fp32 (f64: fp64): what is added to a prediction.

    Raises forbidden-value where |level| * m is too large.
    """
    out = np.empty(levels.size, np.float64 if dtype.name == "f64" else np.float32)
    for part in chunks(levels.size):
        products = levels[part].astype(np.int64) * _piece(mantissa, part)
        _check_products(products, dtype)
        out[part] = _scaled(products.astype(out.dtype), _piece(exponent, part))
    return out


def table_of_values(
    magnitudes: NDArray[np.uint32], most: int, mantissa: int, exponent: int, dtype: DType
) -> NDArray[Any]:
    """Return the patterns [512] of 256 magnitudes and, behind them, of their negatives.

    Only the first `most` + 1 of each are computed, and checked; the others are zero.
    """
    out = np.zeros(512, dtype=pattern_type(dtype))
    levels = magnitudes[: most + 1].astype(np.int64)
    out[: levels.size] = values(levels, mantissa, exponent, dtype)
    out[256 : 256 + levels.size] = values(-levels, mantissa, exponent, dtype)
    return out


def _piece(number: Part, part: slice) -> Part:
    """Return the part of a per-element array, or the number that stands for all."""
    return number[part] if isinstance(number, np.ndarray) and number.ndim else number


def _check_products(products: NDArray[np.int64], dtype: DType) -> None:
    """Refuse a product that fp32 (f64: fp64) need not hold exactly."""
    limit = product_limit(dtype)
    low, high = int(products.min(initial=0)), int(products.max(initial=0))
    if max(-low, high) >= limit:
        message = f"|level| * m is {max(-low, high)}, {limit} and more are forbidden"
        fail("forbidden-value", "R-QUA-007", message, stage="reconstruction")


def _round(products: NDArray[np.int64], exponent: Part, dtype: DType) -> NDArray[Any]:
    """Return the patterns of products * 2^e: the scaling is exact, the end may round once."""
    if dtype.name == "f64":
        return _scaled(products.astype(np.float64), exponent).view(np.uint64)
    if dtype.layout is None:
        return round_to_integer(dtype, _scaled(products.astype(np.float64), exponent))
    return round_f32_to(dtype, _scaled(products.astype(np.float32), exponent))


def _scaled(numbers: NDArray[Any], exponent: Part) -> NDArray[Any]:
    """Return numbers * 2^e in their own type; e keeps the powers and all products normal."""
    powers = np.ldexp(numbers.dtype.type(1), np.asarray(exponent, dtype=np.int32))
    scaled: NDArray[Any] = numbers * powers.astype(numbers.dtype)
    return scaled


# ---------------------------------------------------------------------------------- the inverse


def level_limit(mantissa: Part, dtype: DType) -> Any:
    """Return the largest magnitude that a level may have under a step's mantissa."""
    return np.minimum((product_limit(dtype) - 1) // np.asarray(mantissa), LEVEL_LIMIT - 1)


def levels(
    numbers: NDArray[Any], mantissa: Part, exponent: Part, offset: float, dtype: DType
) -> tuple[NDArray[np.int32], int]:
    """Return levels [n] = sign(w) * floor(|w| / step + offset), and how many had to be clipped.

    numbers: [n] floats, worked on in fp64. A clipped level is the largest legal one (as is that of
    a NaN): a caller who sees any codes the tensor without loss, or with a mantissa of fewer bits.
    """
    out = np.empty(numbers.size, dtype=np.int32)
    clipped = 0
    for part in chunks(numbers.size):
        wide = numbers[part].astype(np.float64)
        powers = np.ldexp(1.0, np.asarray(_piece(exponent, part), dtype=np.int32))
        with np.errstate(over="ignore", invalid="ignore"):
            magnitude = np.floor(np.abs(wide) / (powers * _piece(mantissa, part)) + offset)
        limit = level_limit(_piece(mantissa, part), dtype).astype(np.float64)
        inside = magnitude <= limit
        clipped += inside.size - int(np.count_nonzero(inside))
        out[part] = np.copysign(np.where(inside, magnitude, limit), wide)
    return out, clipped
