"""Data types of tensors: codes, widths, layouts, canonical bytes (chapter 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Family = Literal["bool", "uint", "int", "float", "complex", "bits"]


@dataclass(frozen=True, slots=True)
class FloatLayout:
    """How sign, exponent and mantissa lie in the bits of a float: sign on top, mantissa below."""

    exponent_bits: int
    mantissa_bits: int

    @property
    def bits(self) -> int:
        """Width of an element in bits, the sign included."""
        return 1 + self.exponent_bits + self.mantissa_bits


@dataclass(frozen=True, slots=True)
class DType:
    """One row of the registry of dtypes."""

    code: int
    """What a stream holds."""
    name: str
    """Canonical name; those of safetensors in lower case where it has one."""
    bits: int
    """Bits of an element (a complex one: of both parts)."""
    family: Family
    """What the element is: `bits` are patterns that dombit does not interpret."""
    layout: FloatLayout | None = None
    """Layout of a float, or of each part of a complex number."""
    numpy: str | None = None
    """NumPy's (or ml_dtypes') name, None where there is no such array type."""

    @property
    def part_bits(self) -> int:
        """Bits of an element of the coded shape before 64-bit integers are halved."""
        return self.bits // 2 if self.family == "complex" else self.bits

    @property
    def signed(self) -> bool:
        """Whether the INT coding takes it as magnitude and sign."""
        return self.family == "int"

    @property
    def constant_bytes(self) -> int:
        """Bytes of one element by itself: narrower ones are widened to a byte."""
        return (self.bits + 7) // 8

    def numpy_dtype(self) -> np.dtype[Any] | None:
        """Return the little-endian array type, or None (also where ml_dtypes is missing)."""
        if self.numpy is None:
            return None
        if hasattr(np, self.numpy):
            plain: np.dtype[Any] = np.dtype(getattr(np, self.numpy)).newbyteorder("<")
            return plain
        try:
            import ml_dtypes
        except ImportError:
            return None
        extra: np.dtype[Any] = np.dtype(getattr(ml_dtypes, self.numpy))
        return extra


DTYPES: tuple[DType, ...] = (
    DType(1, "bool", 8, "bool", None, "bool_"),
    DType(2, "u8", 8, "uint", None, "uint8"),
    DType(3, "i8", 8, "int", None, "int8"),
    DType(4, "u16", 16, "uint", None, "uint16"),
    DType(5, "i16", 16, "int", None, "int16"),
    DType(6, "u32", 32, "uint", None, "uint32"),
    DType(7, "i32", 32, "int", None, "int32"),
    DType(8, "u64", 64, "uint", None, "uint64"),
    DType(9, "i64", 64, "int", None, "int64"),
    DType(16, "f16", 16, "float", FloatLayout(5, 10), "float16"),
    DType(17, "bf16", 16, "float", FloatLayout(8, 7), "bfloat16"),
    DType(18, "f32", 32, "float", FloatLayout(8, 23), "float32"),
    DType(19, "f64", 64, "float", FloatLayout(11, 52), "float64"),
    DType(24, "f8_e4m3fn", 8, "float", FloatLayout(4, 3), "float8_e4m3fn"),
    DType(25, "f8_e5m2", 8, "float", FloatLayout(5, 2), "float8_e5m2"),
    DType(26, "f8_e4m3fnuz", 8, "float", FloatLayout(4, 3), "float8_e4m3fnuz"),
    DType(27, "f8_e5m2fnuz", 8, "float", FloatLayout(5, 2), "float8_e5m2fnuz"),
    DType(28, "f8_e8m0fnu", 8, "bits", None, "float8_e8m0fnu"),
    DType(32, "c64", 64, "complex", FloatLayout(8, 23), "complex64"),
    DType(33, "c128", 128, "complex", FloatLayout(11, 52), "complex128"),
    DType(34, "c32", 32, "complex", FloatLayout(5, 10), None),
    DType(40, "i4", 4, "int", None, "int4"),
    DType(41, "u4", 4, "uint", None, "uint4"),
    DType(42, "i2", 2, "int", None, "int2"),
    DType(43, "u2", 2, "uint", None, "uint2"),
    DType(44, "f4_e2m1", 4, "bits", None, "float4_e2m1fn"),
    DType(45, "f6_e2m3", 6, "bits", None, "float6_e2m3fn"),
    DType(46, "f6_e3m2", 6, "bits", None, "float6_e3m2fn"),
    DType(64, "opaque8", 8, "bits", None, None),
)
BY_CODE: dict[int, DType] = {dtype.code: dtype for dtype in DTYPES}
BY_NAME: dict[str, DType] = {dtype.name: dtype for dtype in DTYPES}


def elements(shape: tuple[int, ...]) -> int:
    """Return the number of elements of a shape (1 for rank 0)."""
    return math.prod(shape)


def byte_size(dtype: DType, shape: tuple[int, ...]) -> int:
    """Return the number of canonical bytes of a tensor."""
    return (elements(shape) * dtype.bits + 7) // 8


def coded_shape(dtype: DType, shape: tuple[int, ...], *, halves: bool) -> tuple[int, ...]:
    """Return the shape whose elements are coded: complex parts, and 64-bit integers' halves.

    `halves` is true for the INT coding only (f64: where it codes differences).
    """
    if dtype.family == "complex" or (halves and dtype.bits == 64):
        return (*shape, 2)
    return shape


def unpack_bits(data: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.uint8]:
    """Return `count` sub-byte elements (LSB first in `data`) as one uint8 each."""
    if bits == 8:
        return data[:count]
    flat = np.unpackbits(data, bitorder="little")[: count * bits].reshape(count, bits)
    packed: NDArray[np.uint8] = np.packbits(flat, axis=1, bitorder="little")
    return packed.reshape(count)


def pack_bits(values: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Return the canonical bytes of sub-byte elements: LSB first, unused bits zero."""
    if bits == 8:
        return values
    flat = np.unpackbits(values.reshape(-1, 1), axis=1, bitorder="little")[:, :bits]
    return np.packbits(flat.reshape(-1), bitorder="little")
