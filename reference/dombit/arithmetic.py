"""Exact arithmetic: steps m * 2^e, and rounding that no library has a say in (chapter 14)."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import DType
from dombit.errors import UsageError

CHUNK = 1 << 16
"""Elements worked on at a time, so that temporaries stay in a processor's cache."""
STEP_BITS = 12
MIN_EXPONENT, MAX_EXPONENT = -126, 103
"""Exponents of a step; those of f64 tensors may go further."""
MIN_EXPONENT_F64, MAX_EXPONENT_F64 = -1000, 900

_UNSIGNED: dict[int, type[np.unsignedinteger[Any]]] = {
    8: np.uint8,
    16: np.uint16,
    32: np.uint32,
    64: np.uint64,
}


def chunks(count: int) -> Iterator[slice]:
    """Yield slices that cover `count` elements, CHUNK at most each."""
    for first in range(0, count, CHUNK):
        yield slice(first, min(first + CHUNK, count))


def pattern_type(dtype: DType) -> type[np.unsignedinteger[Any]]:
    """Return the unsigned type that holds one element (a complex one: one part) of a dtype."""
    return _UNSIGNED[max(8, dtype.part_bits)]


def unzigzag(numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return zigzag numbers (chapter 2) as they are meant: 0, 1, 2, 3 are 0, -1, 1, -2."""
    one = np.uint64(1)
    return ((numbers >> one) ^ (~(numbers & one) + one)).view(np.int64)


def zigzag(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the zigzag numbers of values: the inverse of unzigzag."""
    return ((values << 1) ^ (values >> 63)).view(np.uint64)


def bits_type(bits: int) -> type[np.unsignedinteger[Any]]:
    """Return the unsigned type of 8, 16, 32 or 64 bits."""
    return _UNSIGNED[bits]


# ------------------------------------------------------------------------------------- rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowFloat:
    """A float narrower than fp32: what rounding has to know."""

    mantissa_bits: int
    """As in its layout."""
    bias: int
    """Of the exponent field."""
    overflow: int
    """Pattern, without the sign, of what is too large: infinity, or the largest number."""
    nan: int
    """Pattern of a NaN."""
    signed_zero: bool = True
    """False (fnuz): there is no -0, and its pattern is the only NaN."""

    @property
    def infinite(self) -> bool:
        """Whether there are infinities."""
        return self.overflow & ((1 << self.mantissa_bits) - 1) == 0


NARROW: dict[str, NarrowFloat] = {
    "f16": NarrowFloat(mantissa_bits=10, bias=15, overflow=0x7C00, nan=0x7E00),
    "bf16": NarrowFloat(mantissa_bits=7, bias=127, overflow=0x7F80, nan=0x7FC0),
    "f8_e4m3fn": NarrowFloat(mantissa_bits=3, bias=7, overflow=0x7E, nan=0x7F),
    "f8_e5m2": NarrowFloat(mantissa_bits=2, bias=15, overflow=0x7C, nan=0x7E),
    "f8_e4m3fnuz": NarrowFloat(mantissa_bits=3, bias=8, overflow=0x7F, nan=0x80, signed_zero=False),
    "f8_e5m2fnuz": NarrowFloat(
        mantissa_bits=2, bias=16, overflow=0x7F, nan=0x80, signed_zero=False
    ),
}
"""By name of the dtype."""


def round_f32_to(dtype: DType, values: NDArray[np.float32]) -> NDArray[Any]:
    """Return the bit patterns of fp32 numbers in a float dtype of at most 32 bits.

    To nearest, ties to even, with gradual underflow. Too large: infinity (f16, bf16, e5m2), else
    the largest number with the sign. -0 keeps its sign where the dtype has one.
    """
    flat = np.ascontiguousarray(values, dtype=np.float32).reshape(-1).view(np.uint32)
    if dtype.name == "f32":
        return flat.copy()
    out = np.empty(flat.size, dtype=pattern_type(dtype))
    for part in chunks(flat.size):
        out[part] = _round_chunk(flat[part], NARROW[dtype.name], dtype.bits)
    return out


def _round_chunk(bits: NDArray[np.uint32], rule: NarrowFloat, width: int) -> NDArray[np.uint32]:
    """Round fp32 patterns to patterns of a narrow float, still held in 32 bits."""
    magnitude = bits & np.uint32(0x7FFFFFFF)
    result = _round_normal(magnitude, rule)
    tiny = np.flatnonzero(magnitude < np.uint32((128 - rule.bias) << 23))
    if tiny.size and rule.bias != 127:  # bf16 shares fp32's exponents: nothing is tiny
        result[tiny] = _round_tiny(magnitude[tiny], rule)
    np.minimum(result, np.uint32(rule.overflow), out=result)
    sign = (bits >> np.uint32(31)) << np.uint32(width - 1)
    if not rule.signed_zero:
        sign[result == 0] = 0
    result |= sign
    nan = magnitude > np.uint32(0x7F800000)
    if nan.any():
        result[nan] = (sign[nan] if rule.signed_zero else np.uint32(0)) | np.uint32(rule.nan)
    return result


def _round_normal(magnitude: NDArray[np.uint32], rule: NarrowFloat) -> NDArray[np.uint32]:
    """Round what is a normal number after the conversion: the carry may enter the exponent."""
    shift = np.uint32(23 - rule.mantissa_bits)
    rebased = magnitude - np.uint32((127 - rule.bias) << 23)
    odd = (rebased >> shift) & np.uint32(1)
    below_half = np.uint32((1 << (22 - rule.mantissa_bits)) - 1)
    rounded: NDArray[np.uint32] = (rebased + odd + below_half) >> shift
    return rounded


def _round_tiny(magnitude: NDArray[np.uint32], rule: NarrowFloat) -> NDArray[np.uint32]:
    """Round what is subnormal or zero after the conversion; 25 places leave nothing."""
    one = np.uint32(1)
    places = np.uint32(23 - rule.mantissa_bits + 128 - rule.bias) - (magnitude >> np.uint32(23))
    shift = np.minimum(places, np.uint32(25))
    whole = (magnitude & np.uint32(0x7FFFFF)) | np.uint32(0x800000)
    odd = (whole >> shift) & one
    rounded: NDArray[np.uint32] = (whole + odd + (one << (shift - one)) - one) >> shift
    return rounded


def round_to_integer(dtype: DType, values: NDArray[np.float64]) -> NDArray[Any]:
    """Return the bit patterns of finite fp64 numbers in an integer dtype, or in bool.

    To nearest, ties to even, saturating; bool: 1 where that is not 0.
    """
    whole = np.rint(values)
    if dtype.family == "bool":
        truth: NDArray[np.uint8] = (whole != 0).astype(np.uint8)
        return truth
    bits = dtype.bits
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if dtype.signed else (0, 1 << bits)
    above = whole >= float(high)  # `high - 1` need not be an fp64 number
    inside = np.where(above, 0.0, np.maximum(whole, float(low)))
    wide = inside.astype(np.int64 if dtype.signed else np.uint64)
    result: NDArray[Any] = wide.view(np.uint64).astype(pattern_type(dtype))  # modulo 2^bits
    result[above] = high - 1
    return result


# ------------------------------------------------------------------------------- back to numbers


def to_float64(patterns: NDArray[Any], dtype: DType) -> NDArray[np.float64]:
    """Return the numbers that bit patterns (unsigned, of the element's width) stand for.

    Exact for every float, and for integers below 2^53.
    """
    if dtype.name in ("f32", "f64", "f16"):
        patterns = patterns.view(f"f{dtype.bits // 8}")
    elif dtype.name == "bf16":
        patterns = (patterns.astype(np.uint32) << np.uint32(16)).view(np.float32)
    elif dtype.layout is not None:
        patterns = _table8(dtype)[patterns]
    elif dtype.signed:
        patterns = patterns.view(f"i{dtype.bits // 8}")
    with np.errstate(invalid="ignore"):  # signalling NaNs become quiet ones
        numbers: NDArray[np.float64] = patterns.astype(np.float64)
    return numbers


@functools.cache
def _table8(dtype: DType) -> NDArray[np.float64]:
    """Return the numbers of the 256 patterns of an 8-bit float."""
    numbers = np.array([_number8(pattern, dtype) for pattern in range(256)])
    numbers.setflags(write=False)
    return numbers


def _number8(pattern: int, dtype: DType) -> float:
    """Return the number that one pattern of an 8-bit float stands for."""
    rule = NARROW[dtype.name]
    magnitude = pattern & 0x7F
    if pattern == rule.nan or (rule.signed_zero and magnitude > rule.overflow):
        return math.nan
    sign = -1.0 if pattern >> 7 else 1.0
    if rule.infinite and magnitude == rule.overflow:
        return sign * math.inf
    bits = rule.mantissa_bits
    exponent, mantissa = magnitude >> bits, magnitude & ((1 << bits) - 1)
    whole = mantissa | (1 << bits) if exponent else mantissa
    return sign * math.ldexp(whole, max(exponent, 1) - rule.bias - bits)


# ---------------------------------------------------------------------------------------- steps


def exponent_range(dtype: DType) -> tuple[int, int]:
    """Return the smallest and largest exponent of a step."""
    if dtype.name == "f64":
        return MIN_EXPONENT_F64, MAX_EXPONENT_F64
    return MIN_EXPONENT, MAX_EXPONENT


def step_value(mantissa: int, exponent: int) -> float:
    """Return m * 2^e, which fp64 holds exactly."""
    return math.ldexp(mantissa, exponent)


def step_from_float(step: float, dtype: DType, bits: int = STEP_BITS) -> tuple[int, int]:
    """Return the (m, e) nearest to a positive step, m of exactly `bits` bits where e allows it.

    Fewer bits leave room for larger levels: |level| * m < 2^24. Raises UsageError.
    """
    if not 0.0 < step < math.inf:
        raise UsageError(f"a step must be positive and finite, not {step}")
    low, high = exponent_range(dtype)
    exponent = max(math.frexp(step)[1] - bits, low)
    mantissa = round(math.ldexp(step, -exponent))
    if mantissa == 1 << bits:
        mantissa, exponent = mantissa >> 1, exponent + 1
    if exponent > high:
        return (1 << bits) - 1, high
    return max(mantissa, 1), exponent


def reduced_step(mantissa: int, exponent: int, dtype: DType) -> tuple[int, int]:
    """Return the same step with the smallest m (odd): it allows the largest levels."""
    high = exponent_range(dtype)[1]
    zeros = min((mantissa & -mantissa).bit_length() - 1, high - exponent)
    return mantissa >> zeros, exponent + zeros
