"""Rounding: short examples of the coding uniform, level by level (chapter 14)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dombit.dtypes import BY_NAME
from dombit.quantization.uniform import values

CASES: tuple[tuple[str, int, int, int, str], ...] = (
    ("f16", 2049, 1, 0, "half way between 2048 and 2050: the even pattern"),
    ("f16", 2051, 1, 0, "half way between 2050 and 2052: the even pattern"),
    ("f16", 3, 1, -25, "subnormal, half way between 1 and 2 units of 2^-24"),
    ("f16", 1, 1, -25, "half of the smallest subnormal: the even pattern, +0"),
    ("f16", -1, 1, -25, "the same below zero: -0"),
    ("f16", 4095, 1, 4, "half way between the largest finite number and 65536: infinity"),
    ("f16", 65519, 1, 0, "below half way: the largest finite number"),
    ("bf16", 257, 1, 0, "half way between 256 and 258: the even pattern"),
    ("f8_e4m3fn", 29, 1, 4, "half way between 448 and 480: 448, the largest finite number"),
    ("f8_e4m3fn", 30, 1, 4, "overflow: the largest finite number, no infinity"),
    ("f8_e5m2", 60, 1, 10, "half way between 57344 and 65536: infinity"),
    ("f8_e4m3fnuz", -1, 1, -12, "rounds to zero, and there is no -0"),
    ("u8", 5, 1, -1, "2.5: the even neighbour"),
    ("u8", 7, 1, -1, "3.5: the even neighbour"),
    ("u8", 300, 1, 0, "saturated"),
    ("i8", -129, 1, 0, "saturated"),
    ("bool", -1, 1, -1, "-0.5 rounds to 0: false"),
    ("bool", -3, 1, -1, "-1.5 rounds to -2: true"),
)
"""Dtype, level, m, e, and what there is to see."""


def rounding_rows() -> list[tuple[str, ...]]:
    """Return dtype, level, step, product, pattern and remark of every case."""
    rows: list[tuple[str, ...]] = []
    for name, level, mantissa, exponent, remark in CASES:
        dtype = BY_NAME[name]
        pattern = int(values(np.array([level]), mantissa, exponent, dtype)[0])
        product = Fraction(level * mantissa) * Fraction(2) ** exponent
        digits = dtype.bits // 4
        step = f"{mantissa}·2^{exponent}"
        rows.append((name, str(level), step, str(product), f"0x{pattern:0{digits}X}", remark))
    return rows
